/**
 * A listener that stops when the system asks its process to end.
 *
 * Processes take the time they take: what is waited for is real, and short.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Listener } from "@pirouette/http";
import { signalledChild } from "../support/signalled_child.ts";
import { within } from "../support/within.ts";

for (const transport of ["deno", "node"]) {
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    Deno.test(`signals: at ${name} what is in flight is answered (${transport})`, async () => {
      await using child = await signalledChild(["true", transport]);
      const answer = fetch(`${child.url}/wait/200`);
      assert.equal(await child.line(), "called");
      child.signal(name);
      assert.equal(await (await within(answer, "the answer")).text(), "at last");
      assert.equal(await child.line(), "stopped");
      // Nothing holds the process, and its end is an ordinary one.
      assert.deepEqual(await within(child.ended, "its end"), { code: 0, signal: null });
    });
  }

  Deno.test(`signals: a second one stops it at once (${transport})`, async () => {
    await using child = await signalledChild(["true", transport]);
    const answer = assert.rejects(fetch(`${child.url}/wait/10000`));
    assert.equal(await child.line(), "called");
    child.signal("SIGTERM");
    // Told apart from the first one only if that was seen: signals of a kind are not counted.
    await refused(child.url);
    child.signal("SIGTERM");
    await within(answer, "the connection being closed");
    assert.equal(await child.line(), "stopped");
  });
}

Deno.test("signals: only those that are asked for are listened to", async () => {
  await using child = await signalledChild(['["SIGINT"]']);
  child.signal("SIGTERM");
  assert.equal(await child.line(), undefined);
  assert.equal((await child.ended).signal, "SIGTERM");
});

Deno.test("signals: by default none is", async () => {
  await using child = await signalledChild(["false"]);
  child.signal("SIGINT");
  assert.equal(await child.line(), undefined);
  assert.equal((await child.ended).signal, "SIGINT");
});

Deno.test("signals: once it has stopped they are the system's again", async () => {
  await using child = await signalledChild(["true", "auto", "0", "linger"]);
  child.signal("SIGTERM");
  assert.equal(await child.line(), "stopped");
  child.signal("SIGTERM");
  assert.equal((await within(child.ended, "its end")).signal, "SIGTERM");
});

Deno.test("signals: what is no signal to stop on is refused", () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [["SIGKILL"], /^Cannot stop on signal "SIGKILL": use SIGTERM or SIGINT$/],
    [["SIGHUP"], /"SIGHUP"/],
    [["toString"], /"toString"/],
    [[1], /"1"/],
    ["SIGTERM", /use true, false or a list$/],
    [null, /use true, false or a list$/],
  ];
  for (const [signals, message] of cases) {
    assert.throws(() => new Listener(0, { signals: signals as true }), {
      name: "TypeError",
      message,
    });
  }
});

/** Waits until new requests are refused, in whichever way. */
async function refused(url: string): Promise<void> {
  for (;;) {
    try {
      const response = await fetch(url);
      await response.body?.cancel();
      if (response.status === 503) return;
    } catch {
      return;
    }
  }
}
