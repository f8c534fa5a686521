/**
 * The links of one resource to others (spec 7.2): made by `resolveLinks`, sent by `withLinks`.
 *
 * @module
 */
import type { Link } from "../message/link.ts";

/** The links of one resource in the two forms in which they are sent. */
export interface ResourceLinks {
  /** What goes into a body, as `_links`. */
  readonly links: Links;
  /** What goes into a `Link` header field. */
  readonly header: string;
}

/** Links by their relation, in lower case; frozen and without a prototype. */
export type Links = Readonly<Record<string, Link>>;
