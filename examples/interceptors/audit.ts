/** The audit log: one JSON line for each request, of who did what, and how it ended. */
import { contextKey, type Interceptor } from "../../mod.ts";
import { clientAddress, requestIdOf } from "../../src/layers/mod.ts";
import { tenant } from "./tenant.ts";

/** A line of the log. It has no query and no header field: secrets travel in those. */
export interface AuditEntry {
  readonly time: string;
  /** The request's id, which the answer carries too. */
  readonly id?: string | undefined;
  /** The tenant; absent where none is known. */
  readonly who?: string | undefined;
  /** The client's address. */
  readonly from?: string | undefined;
  /** The method and the path. */
  readonly what: string;
  readonly status: number;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** Takes a line, without its line break: `console.log`, a file, a queue. */
export type AuditSink = (line: string) => void;

/** The id that the layer `requestId` gave; derived from the request as it came. */
export const id = contextKey<string>("request id", requestIdOf);

const started = contextKey<number>("started", () => performance.now());

/** Writes a line for each request that reaches it; outermost, it sees what everyone else made of it. */
export function audit(sink: AuditSink): Interceptor {
  return {
    request({ context }) {
      // Derived now: interceptors further in may go on with another request.
      context.get(started);
      context.get(id);
      return context.next();
    },
    response({ request, response, context }) {
      const entry: AuditEntry = {
        time: new Date().toISOString(),
        id: context.get(id),
        who: context.get(tenant)?.id,
        from: clientAddress(request),
        what: `${request.method} ${new URL(request.url).pathname}`,
        status: response.status,
        ms: Math.round((performance.now() - (context.get(started) ?? 0)) * 10) / 10,
      };
      sink(JSON.stringify(entry));
      return context.next();
    },
  };
}
