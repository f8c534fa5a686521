/**
 * Checks the options of a listener that no transport is told of; those about HTTP, TLS and signals are
 * checked where they are used. Programs take options from files, so that types alone do not hold.
 *
 * @module
 */
import { LONGEST_TIMER } from "../message/clock.ts";
import { GenericListenerError } from "../message/listener_errors.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import type { ListenerConfiguration } from "./listener_config.ts";
import { listenerOptions } from "./listener_settings.ts";
import { checkProblemDetails } from "./problem_details.ts";
import { isFieldValue } from "./sendable.ts";

/**
 * The options of a listener, as a copy that inherits nothing.
 *
 * @throws {TypeError} when one is unknown, of the wrong type, or has a value it cannot have.
 * @throws {GenericListenerError} when a time is outside its range.
 */
export function checkListener(given: ListenerConfiguration): ListenerConfiguration {
  checkOptions("A listener", given, listenerOptions);
  const config = ownOptions(given);
  const { host, server, interceptors, reusePort, problemDetails, onPanic, clock } = config;
  checkTimes(config);
  refuseUnless("host", host, "a host name or an IP address", typeof host === "string");
  refuseUnless("interceptors", interceptors, "a list", Array.isArray(interceptors));
  refuseUnless("reusePort", reusePort, "true or false", typeof reusePort === "boolean");
  refuseUnless("server", server, "a text", typeof server === "string");
  if (server !== undefined && !isFieldValue(server)) {
    throw new TypeError("The Server field has a character that no header field may have");
  }
  checkProblemDetails("A listener", problemDetails);
  if (onPanic !== undefined && onPanic !== "respond" && onPanic !== "exit") {
    throw new TypeError(`A listener has onPanic "${onPanic}": use "respond" or "exit"`);
  }
  refuseUnless("clock", clock, "an object with now and setTimer", isClock(clock));
  return config;
}

function checkTimes({ timeout = 0, gracefulStopTimeout = 0 }: ListenerConfiguration): void {
  if (!(timeout >= 0)) {
    throw new GenericListenerError(
      "Idle timeout cannot be negative. If you want to disable the timeout please use value 0",
    );
  }
  // Beyond it the platforms' timers fire at once.
  if (typeof timeout !== "number" || timeout > LONGEST_TIMER) {
    throw new GenericListenerError(
      `Invalid configuration found for timeout : ${timeout}: give milliseconds, up to ${LONGEST_TIMER}`,
    );
  }
  if (typeof gracefulStopTimeout !== "number" || !(gracefulStopTimeout >= 0)) {
    throw new GenericListenerError("gracefulStopTimeout cannot be negative: 0 stops at once");
  }
}

function refuseUnless(name: string, value: unknown, wanted: string, isRight: unknown): void {
  if (value === undefined || isRight === true) return;
  throw new TypeError(`A listener has ${name} of a wrong type: give ${wanted}`);
}

function isClock(value: object | undefined): boolean {
  return typeof value === "object" && "now" in value && "setTimer" in value;
}
