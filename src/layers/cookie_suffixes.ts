/**
 * Public suffixes, as `co.uk`: domains whose hosts belong to different people, so that no cookie may
 * be for all of them (RFC 6265bis section 5.7).
 *
 * The list is that of publicsuffix.org, from the package `tldts`, which is loaded when a cookie first
 * needs it.
 *
 * @module
 */

/** Knows the public suffixes. */
export interface PublicSuffixes {
  /** Whether a domain, in lower case and ASCII, is a public suffix. */
  isPublicSuffix(domain: string): boolean;
}

/** Loads the list; it takes some milliseconds the first time. */
export async function loadPublicSuffixes(): Promise<PublicSuffixes> {
  const { getPublicSuffix } = await import("tldts");
  // Whoever rents a name below github.io is as much a stranger to the next as under co.uk.
  const options = { allowPrivateDomains: true, extractHostname: false, validateHostname: false };
  return { isPublicSuffix: (domain) => getPublicSuffix(domain, options) === domain };
}

/** What is one site with a host: the name just below its public suffix, or the host itself. */
export function siteOf(host: string, suffixes: PublicSuffixes): string {
  let below = host;
  for (let at = 0; at >= 0;) {
    const domain = host.slice(at);
    if (suffixes.isPublicSuffix(domain)) return below;
    below = domain;
    const dot = host.indexOf(".", at);
    at = dot === -1 ? -1 : dot + 1;
  }
  return host;
}
