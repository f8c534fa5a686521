/**
 * The page that lists a directory.
 *
 * Names are whatever somebody called a file, and so are escaped twice over: as a path for the link, as
 * HTML for the page. The page has no script and no style, and its policy allows none.
 *
 * @module
 */
import type { ListedName } from "./files_root.ts";

/**
 * The answer that lists a directory, directories first.
 *
 * @param path the names that lead to the directory from where files are served.
 */
export function listingPage(path: readonly string[], entries: readonly ListedName[]): Response {
  const title = escapeHtml(`Index of ${["", ...path, ""].join("/")}`);
  const lines = entries.toSorted(compare).map(({ name, isDirectory }) => {
    const end = isDirectory ? "/" : "";
    // The dot keeps what looks like a scheme, as `javascript:`, from being one.
    return item(`./${encodeURIComponent(name.toWellFormed())}${end}`, name + end);
  });
  if (path.length > 0) lines.unshift(item("../", "../"));
  const html = [
    '<!DOCTYPE html><html><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    `<title>${title}</title></head><body><h1>${title}</h1><ul>`,
    ...lines,
    "</ul></body></html>\n",
  ].join("\n");
  return new Response(html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy":
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    },
  });
}

/** One link; its text is set apart, so that a name cannot turn the writing of others around. */
function item(href: string, text: string): string {
  return `<li><a href="${escapeHtml(href)}"><bdi>${escapeHtml(text)}</bdi></a></li>`;
}

function compare(one: ListedName, other: ListedName): number {
  if (one.isDirectory !== other.isDirectory) return one.isDirectory ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
