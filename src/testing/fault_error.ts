/**
 * What a call rejects with where a fault was scripted: the error that a client of this library gives,
 * or the one of the platform's `fetch`, in Deno's words.
 *
 * @module
 */
import {
  ClientConnectorError,
  InitializingInboundResponseError,
  ReadingInboundResponseBodyError,
  SslError,
} from "../message/client_errors.ts";
import type { Fault } from "./fault.ts";

/**
 * Whose errors: `typed` are those of this library, as calls of a `Client` or of a transport reject
 * with, `platform` the `TypeError` of the global `fetch`.
 */
export type FaultErrors = "typed" | "platform";

/** The faults that end in an error by themselves; the others end by the caller's patience. */
export type FailingFault = Exclude<Fault, "stall" | "stallBody">;

const reasons: Readonly<Record<FailingFault, string>> = {
  refused: "tcp connect error: Connection refused (os error 111)",
  unresolved: "dns error: failed to lookup address information: Name or service not known",
  untrusted: "invalid peer certificate: UnknownIssuer",
  blackHole: "tcp connect error: Connection timed out (os error 110)",
  reset: "connection closed before message completed",
  resetBody: "error reading a body from connection",
};

/** The error of a fault. */
export function faultError(fault: FailingFault, errors: FaultErrors, url: string): Error {
  const platform = platformError(fault, url);
  return errors === "platform" ? platform : typedError(fault, platform);
}

function platformError(fault: FailingFault, url: string): TypeError {
  const reason = reasons[fault];
  if (fault === "resetBody") return new TypeError(reason);
  const step = fault === "reset" ? "SendRequest" : "Connect";
  const text = `error sending request for url (${url}): client error (${step}): ${reason}`;
  return new TypeError("fetch failed", { cause: new Error(text) });
}

function typedError(fault: FailingFault, cause: TypeError): Error {
  const reason = reasons[fault].replace(/ \(os error \d+\)$/, "");
  switch (fault) {
    case "untrusted":
      return new SslError(`SSL connection failed: ${reason}`, { cause });
    case "reset":
      return new InitializingInboundResponseError(`No response could be read: ${reason}`, {
        cause,
      });
    case "resetBody":
      return new ReadingInboundResponseBodyError(`The response body broke off: ${reason}`, {
        cause,
      });
    default:
      return new ClientConnectorError(`Something wrong with the connection: ${reason}`, { cause });
  }
}
