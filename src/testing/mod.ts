/**
 * What tests of programs that use this library need: time under control.
 *
 * @module
 */
export { VirtualClock } from "./virtual_clock.ts";
export type { Clock, Timer } from "../message/clock.ts";
