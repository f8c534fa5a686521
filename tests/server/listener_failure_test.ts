/**
 * A listener that cannot listen says which port, why, and what to do, whatever it stands on.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  GenericListenerError,
  Listener,
  type RunningServer,
  serve,
  service,
} from "@pirouette/http";

const host = "127.0.0.1";
const nothing = service({}, []);

for (const transport of ["deno", "node"] as const) {
  const fails = async (port: number, where: string, remedy: string): Promise<void> => {
    await assert.rejects(serve(nothing, { host: where, port, transport }), (error: Error) => {
      assert.ok(error instanceof GenericListenerError);
      const shown = where.includes(":") ? `[${where}]` : where;
      assert.equal(error.message, `Cannot listen on ${shown}:${port}: ${remedy}`);
      assert.ok(error.cause instanceof Error);
      return true;
    });
  };

  Deno.test(`listen: a port that is taken (${transport})`, async () => {
    await using server: RunningServer = await serve(nothing, { host, port: 0, transport });
    await fails(
      server.port,
      host,
      "the port is taken: choose another one, 0 for any, or set reusePort where it is taken",
    );
  });

  Deno.test(`listen: an address that this machine does not have (${transport})`, async () => {
    const remedy =
      "this machine does not have that address: use one of its own, or 0.0.0.0 for all";
    // Addresses that documentation is written with (RFC 5737).
    await fails(0, "203.0.113.1", remedy);
  });

  Deno.test(`listen: a host name that is not known (${transport})`, async () => {
    const remedy = "the host name is not known: use one of this machine, or an IP address";
    await fails(0, "nowhere.invalid", remedy);
  });

  Deno.test(`listen: once the reason is gone, the same listener starts (${transport})`, async () => {
    const first = await serve(nothing, { host, port: 0, transport });
    const listener = new Listener(first.port, { host, transport });
    await assert.rejects(listener.start(), GenericListenerError);
    await listener.gracefulStop();
    await first.gracefulStop();
    const second = await listener.start();
    assert.equal(second.port, first.port);
    await second.gracefulStop();
  });
}

Deno.test("listen: what the program may not do, and what Deno needs a flag for", async () => {
  const program = (options: string) =>
    `import { serve } from "@pirouette/http";
     const fetch = () => Promise.resolve(new Response());
     await serve(fetch, ${options}).then((server) => server.gracefulStop(), (error) => {
       console.log(error.message);
     });`;
  const table: readonly (readonly [options: string, flags: readonly string[], says: string])[] = [
    [
      '{ host: "127.0.0.1", port: 0 }',
      [],
      "Cannot listen on 127.0.0.1:0: the program may not listen there: run it with --allow-net\n",
    ],
    [
      '{ host: "127.0.0.1", port: 0, reusePort: true, transport: "deno" }',
      ["--allow-net"],
      "Cannot listen on 127.0.0.1:0: The transport deno_serve cannot honour reusePort: run with " +
      '--unstable-net, or set transport: "node"\n',
    ],
    [
      '{ host: "127.0.0.1", port: 0, reusePort: true, transport: "deno" }',
      ["--allow-net", "--unstable-net"],
      "",
    ],
    ['{ host: "127.0.0.1", port: 0, reusePort: true }', ["--allow-net"], ""],
  ];
  for (const [options, flags, says] of table) {
    const url = `data:text/javascript,${encodeURIComponent(program(options))}`;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-check", ...flags, "--config", "deno.json", url],
      cwd: new URL("../..", import.meta.url),
      stdin: "null",
    }).output();
    assert.equal(new TextDecoder().decode(stdout), says, options);
  }
});
