/**
 * What tests of programs that use this library need: time under control, a remote service that fails as
 * it is told, and a simulation of many clients and targets.
 *
 * @module
 */

// Time and chance.
export { VirtualClock } from "./virtual_clock.ts";
export type { Clock, Timer } from "../message/clock.ts";
export { seededRandom } from "./seeded_random.ts";
export { type Duration, exponential, logNormal, uniform } from "./duration.ts";

// A remote service that does as a script says.
export {
  type FaultFetch,
  faultFetch,
  type FaultFetchOptions,
  type FaultFunction,
  type FaultScript,
  flaky,
} from "./fault_fetch.ts";
export type { BodyOutcome } from "./fault_body.ts";
export type { CallOutcome, FaultCall } from "./fault_call.ts";
export type { FaultErrors } from "./fault_error.ts";
export type { Fault, ScriptedAnswer } from "./fault.ts";

// Clients and targets.
export {
  simulate,
  type SimulatedCall,
  type SimulationOptions,
  type SimulationWorld,
} from "./simulate.ts";
export type { SimulatedClients } from "./simulated_clients.ts";
export type { SimulatedTarget, SimulatedTrouble } from "./simulated_target.ts";
export type { CallRecord, Simulation, SimulationWindow } from "./simulation.ts";
export type { Fetch } from "../message/fetch.ts";
