/**
 * The transport over Node's modules while it is attacked: by our own offenders, one way at a time, and
 * by `slowhttptest`. Others are answered as before, and offenders are gone in time.
 *
 * Servers and attackers are processes of their own, and times are real: they are what this is about.
 * Attacks that run at the same time have servers of their own.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ServeOptions } from "@pirouette/http";
import {
  type AttackedRuntime,
  AttackedServer,
  limitOf,
  RunningAttacker,
  shortHandshake,
  shortLimits,
} from "./attacked.ts";
import { type Attack, attacks } from "./attacks.ts";
import { withCertificates } from "./certificates.ts";
import { hasPeer } from "./peers.ts";

/** Enough to fill any pool, few enough to leave this machine its time. */
const offenders = 100;

/** What others may wait longer, in milliseconds, on a machine that has other things to do as well. */
const slack = 20;

/** How much later than its limit an offender may be gone, in milliseconds. */
const late = 1_000;

/** What is left behind when an attack is over, at most: the bytes that a runtime keeps to itself. */
const leftMemory = 64 * 1024 * 1024;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function plainAttacks(runtime: AttackedRuntime): readonly Attack[] {
  return attacks.filter(({ isSecure, notOn }) => !isSecure && notOn !== runtime);
}

/** The sockets that a server has when nobody is there, and those that a runtime opens for itself. */
function socketsOf(server: AttackedServer): number {
  return server.sockets() + 2;
}

function options(more: ServeOptions = {}): ServeOptions {
  return { transport: "node", socketLimits: shortLimits, ...more };
}

/** Three times at most: a machine may be slow for reasons of its own, but an attack works each time. */
async function withstands(server: AttackedServer, attack: Attack): Promise<void> {
  for (let left = 2;; left--) {
    try {
      return await withstandsOnce(server, attack);
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

async function withstandsOnce(server: AttackedServer, attack: Attack): Promise<void> {
  const sockets = socketsOf(server);
  const undisturbed = median(await server.askFor(200));
  const limit = limitOf(attack);
  {
    await using _attacker = await RunningAttacker.start(attack, server.port, offenders);
    const start = performance.now();
    const disturbed = median(await server.askFor(300));
    const allowed = 2 * undisturbed + slack;
    assert.ok(disturbed <= allowed, `others wait ${disturbed} ms, before ${undisturbed} ms`);
    if (limit !== undefined) {
      const passed = performance.now() - start;
      const left = passed + await server.untilLeft(sockets, limit + 2 * late);
      // Some have begun long before the last one, and none may be closed before its time.
      assert.ok(left <= limit + late + passed, `the last was closed after ${left} ms`);
    }
  }
  assert.ok(await server.untilLeft(sockets, late) < Infinity, `${server.sockets()} sockets`);
}

/** Registers the tests of one runtime; those of another may run at the same time. */
export function testSlowAttacks(runtime: AttackedRuntime): void {
  const ignore = Deno.build.os !== "linux" || (runtime !== "Deno" && !hasPeer("npm"));

  Deno.test({
    name: `security 19: attacks keep nobody out and end in time: ${runtime}`,
    ignore,
    async fn(t) {
      await inLanes(lanes(plainAttacks(runtime), 3), async (attacks) => {
        await using server = await AttackedServer.start(runtime, options());
        await server.askFor(500);
        const memory = server.memory();
        for (const attack of attacks) {
          await beside(t, attack.name, () => withstands(server, attack));
        }
        const left = server.memory() - memory;
        assert.ok(left < 4 * leftMemory, `${left} bytes are left`);
        assert.equal(await server.complaints(), "");
      });
    },
  });

  Deno.test({
    name: `security 19: attacks over TLS keep nobody out and end in time: ${runtime}`,
    ignore: ignore || !hasPeer("openssl"),
    async fn(t) {
      await withCertificates(async ({ server: { cert, key }, ca }) => {
        const tls = { cert, key, handshakeTimeout: shortHandshake };
        const unread = "TLS: answers that nobody reads";
        const secure = attacks.filter(({ isSecure }) => isSecure);
        await inLanes(lanes([...secure, unread], 2), async (attacks) => {
          await using server = await AttackedServer.start(runtime, options({ tls }), ca);
          await server.askFor(500);
          for (const attack of attacks) {
            if (typeof attack === "string") {
              await beside(t, attack, () => withstandsUnread(server, ca));
            } else {
              await beside(t, attack.name, () => withstands(server, attack));
            }
          }
          assert.equal(await server.complaints(), "");
        });
      });
    },
  });

  Deno.test({
    name: `security 19: slowhttptest keeps nobody out: ${runtime}`,
    ignore: ignore || !hasPeer("slowhttptest"),
    async fn(t) {
      const withstandsMode = async (name: string): Promise<void> => {
        await using server = await AttackedServer.start(runtime, options());
        await server.askFor(300);
        await beside(t, name, () => withstandsSlowHttpTest(server, modes[name] ?? []));
      };
      // Those wait for most of their time; slow reading makes the server write, and has it for itself.
      await inLanes(["-H", "-B", "-R"], withstandsMode);
      await withstandsMode("-X");
    },
  });
}

/** Deals them out; those that are much alike stand next to one another, and get to different ones. */
function lanes<T>(all: readonly T[], count: number): readonly (readonly T[])[] {
  return Array.from(
    { length: count },
    (_, lane) => all.filter((_, index) => index % count === lane),
  );
}

/** Runs what does not disturb one another at the same time, and lets all of it end before it fails. */
async function inLanes<T>(all: readonly T[], run: (lane: T) => Promise<void>): Promise<void> {
  const done = await Promise.allSettled(all.map(run));
  for (const one of done) if (one.status === "rejected") throw one.reason;
}

/** A step beside others: what it leaves behind is told of the whole test. */
async function beside(t: Deno.TestContext, name: string, fn: () => Promise<void>): Promise<void> {
  const sanitizers = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  await t.step({ name, fn, ...sanitizers });
}

/** A client that takes nothing of what it was sent, as Deno's own over TLS does unless it is read. */
async function withstandsUnread(server: AttackedServer, ca: string): Promise<void> {
  const sockets = socketsOf(server);
  const undisturbed = median(await server.askFor(200));
  const unread: Deno.TlsConn[] = [];
  const request = new TextEncoder().encode("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n");
  for (let count = 0; count < 10; count++) {
    const to = { hostname: "localhost", port: server.port, caCerts: [ca] };
    const socket = await Deno.connectTls(to);
    await socket.write(request);
    unread.push(socket);
  }
  try {
    const disturbed = median(await server.askFor(300));
    assert.ok(disturbed <= 2 * undisturbed + 2 * slack, `${disturbed} ms, before ${undisturbed}`);
    const left = await server.untilLeft(sockets, shortLimits.sendTimeout + late);
    assert.ok(left < Infinity, `${server.sockets()} sockets`);
  } finally {
    for (const socket of unread) socket.close();
  }
}

async function withstandsSlowHttpTest(
  server: AttackedServer,
  args: readonly string[],
): Promise<void> {
  const sockets = socketsOf(server);
  const undisturbed = median(await server.askFor(200));
  const { disturbed, report } = await slowHttpTest(server, args);
  assert.ok(disturbed <= 2 * undisturbed + slack, `${disturbed} ms, before ${undisturbed}`);
  assert.match(report, /service available:\s+YES/, report);
  assert.ok(await server.untilLeft(sockets, 3_000) < Infinity, `${server.sockets()}`);
}

/** The modes of `slowhttptest`: slow heads, slow bodies, ranges, slow reading. */
const modes: Readonly<Record<string, readonly string[]>> = {
  "-H": ["-H", "-i", "1", "-x", "24"],
  "-B": ["-B", "-i", "1", "-s", "8192", "-x", "10"],
  "-R": ["-R", "-a", "10", "-b", "3000", "-t", "HEAD"],
  "-X": ["-X", "-w", "512", "-y", "1024", "-n", "1", "-z", "32", "-k", "3"],
};

/** Runs it for some seconds and asks in the meantime. */
async function slowHttpTest(
  server: AttackedServer,
  args: readonly string[],
): Promise<{ readonly disturbed: number; readonly report: string }> {
  const path = args[0] === "-X" ? "/big" : "/";
  const child = new Deno.Command("slowhttptest", {
    args: [
      ...args,
      ...["-c", "200", "-r", "200", "-l", "4", "-p", "2"],
      ...["-u", `http://127.0.0.1:${server.port}${path}`],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    signal: AbortSignal.timeout(15_000),
  }).spawn();
  const output = child.output();
  // Not its first second, in which it makes its connections.
  await new Promise((done) => setTimeout(done, 1_000));
  const disturbed = median(await server.askFor(2_000));
  const { stdout } = await output;
  // It colours its report even where nobody looks.
  // deno-lint-ignore no-control-regex -- the sequences of a terminal begin with it
  const report = new TextDecoder().decode(stdout).replaceAll(/\x1b\[[0-9;]*[A-Za-z]/g, "");
  return { disturbed, report };
}
