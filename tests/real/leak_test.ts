/** Calls that fail on real sockets leave no socket behind. @module */
import assert from "node:assert/strict";
import { stack } from "@pirouette/http";
import { transport } from "../../src/client/transport.ts";
import { circuitBreaker } from "../../src/layers/circuit_breaker.ts";
import { retry } from "../../src/layers/retry.ts";
import { timeout } from "../../src/layers/timeout.ts";
import { seededRandom } from "../../src/testing/mod.ts";
import { tcpServer } from "../support/tcp_server.ts";

Deno.test("resilience: real faults leave no socket open", async () => {
  const before = openFiles();
  const outcomes = await callOften(2_000);
  assert.ok(outcomes.get("200")! > 1_500, JSON.stringify([...outcomes]));
  // What breaks while the program reads is the platform's error.
  assert.ok(outcomes.get("TypeError")! > 0, JSON.stringify([...outcomes]));
  // The platform closes what a transport held a little after it; sockets go in their own time.
  for (let turn = 0; turn < 200 && openFiles() > before; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.ok(openFiles() <= before, `${openFiles()} open files, ${before} before`);
});

async function callOften(count: number): Promise<Map<string, number>> {
  const random = seededRandom(5);
  const ok = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
  await using server = tcpServer(async ({ readHead, say, read }) => {
    for (;;) {
      await readHead();
      const chance = random();
      if (chance < 0.02) return;
      if (chance < 0.04) return await say(`${ok}half`);
      if (chance < 0.05) { while (await read() !== undefined); }
      await say(
        chance < 0.08 ? "HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno" : ok + "x".repeat(100),
      );
    }
  });
  using open = transport();
  const send = stack(
    open.fetch,
    retry({ interval: 1, random }),
    circuitBreaker(),
    timeout({ attempt: 50 }),
  );
  const outcomes = new Map<string, number>();
  let left = count;
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const outcome = await send(server.url).then(async (response) => {
        await (random() < 0.1 ? response.body?.cancel() : response.text());
        return String(response.status);
      }).catch((error: Error) => error.name);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 20 }, work));
  return outcomes;
}

/** How many files this process has open, sockets included; none where the system does not tell. */
function openFiles(): number {
  if (Deno.build.os !== "linux") return 0;
  return [...Deno.readDirSync("/proc/self/fd")].length;
}
