/**
 * SECURITY.md row 8: what is kept of a body that is dripped a byte at a time is near what was sent. The
 * platform reads each piece into memory of 64 KiB, with which a limit of 10 MiB would be one of 640 GiB.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { Client, post, serve, service, text, type TimeoutOptions } from "@pirouette/http";
import { RawConnection, rawRequest } from "../support/raw_http.ts";
import { type Accepted, tcpServer } from "../support/tcp_server.ts";

/** Kept as the platform gives them, they take 196 MB. */
const pieces = 3_000;
const allowed = 100_000_000;

/** Sends a piece a turn, so that each is read by itself, and says what memory that took. */
async function drip(send: (piece: string) => Promise<void>, piece: string): Promise<number> {
  const before = Deno.memoryUsage().external;
  for (let count = 0; count < pieces; count++) {
    await send(piece);
    await setImmediate();
  }
  return Deno.memoryUsage().external - before;
}

Deno.test("security 8: a request that drips is kept in memory near its size", async () => {
  const length = service({}, [post("/", { body: text() }, ({ body }) => body.length)]);
  await using server = await serve(length, { port: 0, host: "127.0.0.1" });
  const fields = ["Host: x", "Content-Type: text/plain", "Transfer-Encoding: chunked"];
  using connection = await RawConnection.open(server);
  await connection.send(rawRequest("POST / HTTP/1.1", fields));
  const taken = await drip((piece) => connection.send(piece), "1\r\nx\r\n");
  await connection.send("0\r\n\r\n");
  assert.equal((await connection.read())?.body, String(pieces));
  assert.ok(taken < allowed, `${taken} bytes`);
});

Deno.test("security 8: a response that drips is kept in memory near its size", async () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n";
  const framings: readonly (readonly [field: string, piece: string, end: string])[] = [
    ["Transfer-Encoding: chunked", "1\r\nx\r\n", "0\r\n\r\n"],
    [`Content-Length: ${pieces * 4}`, "xxxx", ""],
  ];
  const timeouts: readonly (false | TimeoutOptions)[] = [
    false,
    { boundBodyIdle: 10_000 },
    { bodyIdle: 10_000 },
  ];
  for (const [field, piece, end] of framings) {
    for (const timeout of timeouts) {
      const dripped = Promise.withResolvers<number>();
      await using server = tcpServer(async ({ readHead, say }: Accepted) => {
        await readHead();
        await say(`${head}${field}\r\n\r\n`);
        dripped.resolve(await drip(say, piece));
        await say(end);
      });
      await using api = new Client(server.url, { transport: {}, timeout });
      const body = await api.get("/", { as: text() });
      assert.equal(body, "x".repeat(end === "" ? pieces * 4 : pieces));
      const taken = await dripped.promise;
      assert.ok(taken < allowed, `${field}: ${taken} bytes`);
    }
  }
});
