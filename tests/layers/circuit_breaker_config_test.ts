/** What a circuit breaker's configuration may be, and what it comes to. @module */
import assert from "node:assert/strict";
import { VirtualClock } from "@pirouette/http/testing";
import { circuitBreaker } from "../../src/layers/circuit_breaker.ts";
import type { CircuitBreakerConfig } from "../../src/layers/circuit_breaker_config.ts";
import { CircuitBreaker } from "../../src/layers/circuit_breaker_object.ts";
import { CircuitBreakerConfigError } from "../../src/message/client_errors.ts";
import { MemoryStore } from "../../src/stores/memory_store.ts";

Deno.test("circuit breaker: what it does unless told otherwise", () => {
  const { policy } = new CircuitBreaker();
  const { kind, volume, timeWindow, bucketSize } = policy.window;
  assert.deepEqual([kind, volume, timeWindow, bucketSize], ["time", 10, 60_000, 10_000]);
  assert.equal(policy.failureThreshold, 0.5);
  assert.equal(policy.resetTime, 5_000);
  assert.equal(policy.backOffFactor, 2);
  assert.equal(policy.maxResetTime, 60_000);
  assert.equal(policy.trialRequests, 1);
  assert.equal(policy.slowCallDuration, Infinity);
  assert.equal(policy.maxTargets, 1_000);
});

Deno.test("circuit breaker: options follow from each other", () => {
  assert.equal(new CircuitBreaker({ resetTime: 120_000 }).policy.maxResetTime, 120_000);
  const windows: [CircuitBreakerConfig["rollingWindow"], kind: string, volume: number][] = [
    [{ requestVolumeThreshold: 0 }, "time", 1],
    [{ size: 4 }, "count", 4],
    [{ size: 50 }, "count", 10],
    [{ size: 50, requestVolumeThreshold: 50 }, "count", 50],
    [{ consecutive: 5 }, "run", 5],
    [{ timeWindow: 6_000 }, "time", 10],
  ];
  for (const [rollingWindow, kind, volume] of windows) {
    const { window } = new CircuitBreaker({ rollingWindow: rollingWindow ?? {} }).policy;
    assert.deepEqual([window.kind, window.volume], [kind, volume]);
  }
  assert.equal(
    new CircuitBreaker({ rollingWindow: { timeWindow: 6_000 } }).policy.window.bucketSize,
    1_000,
  );
  // Failures never open it, slow calls do.
  assert.equal(
    new CircuitBreaker({ failureThreshold: 1, slowCallDuration: 9 }).policy.failureThreshold,
    1,
  );
});

const store = new MemoryStore({ clock: new VirtualClock() });

const REFUSED: [config: CircuitBreakerConfig, message: RegExp][] = [
  [{ failureThreshold: 1 }, /failureThreshold of 1 never opens the circuit.*below 1$/],
  [{ failureThreshold: "0.5" as never, slowCallThreshold: 0.2 }, /slowCallThreshold has no effect/],
  [{ slowCallDuration: 0 }, /milliseconds above 0 for slowCallDuration, not 0$/],
  [{ slowCallDuration: 5, slowCallThreshold: 1 }, /set slowCallThreshold from 0 to below 1$/],
  [{ resetTime: 0 }, /milliseconds above 0 for resetTime, not 0$/],
  [{ resetTime: Infinity }, /milliseconds above 0 for resetTime, not Infinity$/],
  [{ resetTime: "5" as never }, /milliseconds above 0 for resetTime, not 5$/],
  [{ maxResetTime: 1_000 }, /maxResetTime \(1000 ms\) is shorter than resetTime \(5000 ms\)/],
  [{ backOffFactor: 0.5 }, /set backOffFactor to 1 or more$/],
  [{ backOffFactor: NaN }, /set backOffFactor to 1 or more$/],
  [{ trialRequests: 0 }, /whole number above 0 for trialRequests, not 0$/],
  [{ trialRequests: 1.5 }, /whole number above 0 for trialRequests, not 1.5$/],
  [{ trialTimeout: -1 }, /milliseconds above 0 for trialTimeout, not -1$/],
  [{ maxTargets: 0 }, /whole number above 0 for maxTargets, not 0$/],
  [{ statusCodes: [99] }, /No response has the status 99/],
  [{ statusCodes: ["503"] as never }, /No response has the status 503/],
  [{ statusCodes: 503 as never }, /needs a list for statusCodes, as \[502, 503\]$/],
  [{ statusCodes: [503], isFailure: () => true }, /statusCodes has no effect beside isFailure/],
  [{ isFailure: true as never }, /needs a function for isFailure$/],
  [{ target: "origin" as never }, /needs a function for target$/],
  [{ onStateChange: {} as never }, /needs a function for onStateChange$/],
  [{ name: "mine" }, /name has no effect without store/],
  [{ syncInterval: 5 }, /syncInterval has no effect without store/],
  [{ store, name: "é" }, /1 to 64 printable ASCII characters$/],
  [{ store, syncInterval: 0 }, /milliseconds above 0 for syncInterval, not 0$/],
  [{ store, rollingWindow: { size: 10 } }, /Circuits in a store count by time/],
  [{ store, rollingWindow: { consecutive: 10 } }, /Circuits in a store count by time/],
  [{ rollingWindow: { size: 10, timeWindow: 10 } }, /several windows/],
  [{ rollingWindow: { size: 10, consecutive: 10 } }, /several windows/],
  [{ rollingWindow: { size: 5, requestVolumeThreshold: 6 } }, /5 calls never has 6/],
  [{ rollingWindow: { size: 0 } }, /from 1 to 100000 for size, not 0$/],
  [{ rollingWindow: { consecutive: 100_001 } }, /from 1 to 100000 for consecutive, not 100001$/],
  [{ rollingWindow: { consecutive: 5, requestVolumeThreshold: 5 } }, /no effect on calls in a row/],
  [{ rollingWindow: { consecutive: 5 }, failureThreshold: 0.5 }, /no effect on failures in a row/],
  [{ rollingWindow: { requestVolumeThreshold: -1 } }, /whole number for requestVolumeThreshold/],
  [{ rollingWindow: { timeWindow: 0 } }, /milliseconds above 0 for timeWindow, not 0$/],
  [{ rollingWindow: { bucketSize: NaN } }, /milliseconds above 0 for bucketSize, not NaN$/],
  [{ rollingWindow: { timeWindow: 10_000, bucketSize: 1 } }, /10000 buckets is too fine/],
];

for (const [config, message] of REFUSED) {
  Deno.test(`circuit breaker: refused, ${message.source}`, () => {
    const isRefusal = (error: unknown): boolean =>
      error instanceof CircuitBreakerConfigError && message.test(error.message);
    assert.throws(() => new CircuitBreaker(config), isRefusal);
    assert.throws(() => circuitBreaker(config), isRefusal);
  });
}

Deno.test("circuit breaker: an unknown option is refused, and an inherited one is none", () => {
  const table: [config: object, message: RegExp][] = [
    [{ resetTimeout: 5 }, /circuitBreaker has no option "resetTimeout"/],
    [{ rollingWindow: { bucketsize: 5 } }, /rollingWindow has no option "bucketsize"/],
  ];
  for (const [config, message] of table) {
    assert.throws(() => circuitBreaker(config), { name: "TypeError", message });
  }
  const inherited: CircuitBreakerConfig = Object.create({ resetTime: 1, statusCodes: [200] });
  const { policy } = new CircuitBreaker(inherited);
  assert.deepEqual([policy.resetTime, policy.statusCodes], [5_000, undefined]);
});
