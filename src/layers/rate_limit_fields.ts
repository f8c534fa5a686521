/**
 * The header fields that tell clients of a rate limit: `RateLimit-Policy` and `RateLimit` of
 * draft-ietf-httpapi-ratelimit-headers-11, `Retry-After` (RFC 9110 section 10.2.3), and the older
 * `X-RateLimit-*`, which no document defines.
 *
 * @module
 */
import { serializeItem, serializeList } from "../message/structured_fields_serialize.ts";
import type { RateLimiter } from "./rate_limiter.ts";
import type { Take } from "./rate_quota.ts";

/**
 * Which fields are sent beside `Retry-After`: `RateLimit` and `RateLimit-Policy` (`"standard"`),
 * `X-RateLimit-*` (`"legacy"`), both, or none.
 */
export type RateLimitFieldStyle = "standard" | "legacy" | "both" | "none";

/** Writes the fields of one limit. */
export class RateLimitFields {
  readonly #style: RateLimitFieldStyle;
  readonly #limiter: RateLimiter;
  readonly #policy: string;
  /** The policy's name as a structured field. */
  readonly #name: string;

  /** Prepares what is the same each time. */
  constructor(limiter: RateLimiter, style: RateLimitFieldStyle) {
    const { policyName: value, quota } = limiter;
    // Whole seconds only: a longer window than the real one asks no client to go faster.
    const w = Math.ceil(quota.window / 1000);
    this.#style = style;
    this.#limiter = limiter;
    this.#policy = serializeList([{ value, parameters: { q: quota.limit, w } }]);
    this.#name = serializeItem(value);
  }

  /**
   * Adds the fields of this limit to those of others.
   *
   * Of the older fields there is one set, so that of the limit with the least left stays.
   */
  add(headers: Headers, take: Take): void {
    if (this.#style === "none") return;
    if (this.#style !== "legacy") {
      headers.append("ratelimit-policy", this.#policy);
      headers.append("ratelimit", this.#limit(take));
    }
    if (this.#style === "standard") return;
    const other = headers.get("x-ratelimit-remaining");
    if (other !== null && Number(other) <= take.remaining) return;
    headers.set("x-ratelimit-limit", String(this.#limiter.quota.limit));
    headers.set("x-ratelimit-remaining", String(take.remaining));
    headers.set("x-ratelimit-reset", String(this.#window(take)));
  }

  /** The fields of an answer that refuses. */
  refusal(take: Take): Headers {
    const headers = new Headers({ "retry-after": String(retryAfter(take)) });
    this.add(headers, take);
    return headers;
  }

  #limit(take: Take): string {
    return `${this.#name};r=${take.remaining};t=${this.#window(take)}`;
  }

  /**
   * The effective window, in seconds: when asking again helps, or a time over which what is left is
   * spread at the pace of the policy. A shorter one would ask a client to come faster than that
   * (section 6 of the draft).
   */
  #window(take: Take): number {
    if (!take.allowed) return retryAfter(take);
    const { limit, window } = this.#limiter.quota;
    return Math.ceil(Math.max(take.wait, take.remaining * window / limit) / 1000);
  }
}

/** Seconds until a request that was refused may pass; never 0, which would mean at once. */
export function retryAfter({ wait }: Take): number {
  return Math.max(1, Math.ceil(wait / 1000));
}
