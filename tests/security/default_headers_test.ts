// SECURITY.md rows 23 and 26: default header fields stay with the origins they are for, and cannot
// break out of their field.
import assert from "node:assert/strict";
import { type Fetch, stack } from "@pirouette/http";
import { type DefaultHeaderFields, defaultHeaders } from "../../src/layers/default_headers.ts";

Deno.test("security 23: default headers go to their origins only", async () => {
  const fields = { authorization: "Bearer secret" };
  const options = { origins: ["https://api.example", "http://127.0.0.1:8080"] };
  for (
    const address of [
      "https://api.example",
      "https://api.example/v1",
      "HTTPS://API.example:443/v1",
      " https://api.example/",
      "https://user:password@api.example/",
      "http://127.0.0.1:8080/x",
      "http://0x7f.1:8080/",
      // The platform takes the backslash for a slash: this is a path of that server.
      "https://api.example\\@attacker.example/",
    ]
  ) {
    for (const call of [[address], [new URL(address)]] as Parameters<Fetch>[]) {
      let seen: string | null = null;
      const record: Fetch = (_input, init) => {
        seen = new Headers(init?.headers).get("authorization");
        return Promise.resolve(new Response());
      };
      await stack(record, defaultHeaders(fields, options))(...call);
      assert.equal(seen, "Bearer secret", address);
    }
  }
  for (
    const address of [
      "https://api.example.attacker.example/",
      "https://api.example@attacker.example/",
      "http://api.example/",
      "https://api.example:8443/",
      "https://sub.api.example/",
      "http://127.0.0.1:80801/",
      "http://127.0.0.1/",
      "/v1",
      "//api.example/v1",
      "data:text/plain,x",
      "",
    ]
  ) {
    const calls: Parameters<Fetch>[] = [[address]];
    if (URL.canParse(address)) calls.push([new URL(address)], [new Request(address)]);
    for (const call of calls) {
      let passed: Parameters<Fetch> | undefined;
      const record: Fetch = (...args) => {
        passed = args;
        return Promise.resolve(new Response());
      };
      await stack(record, defaultHeaders(fields, options))(...call);
      assert.equal(passed?.[0], call[0], address);
      assert.equal(passed?.[1], call[1], address);
    }
  }
});

Deno.test("security 26: default headers that cannot be sent fail at once, and keep secrets", () => {
  for (const value of ["secret\r\nx: y", "secret\n", "secret\0", "\x7fsecret", "secret€", "\x1b"]) {
    for (const form of [{ "x-key": value }, [["x-key", value]] as [string, string][]]) {
      assert.throws(() => defaultHeaders(form), (error: unknown) => {
        assert.ok(error instanceof TypeError && error.cause === undefined);
        assert.match(error.message, /^defaultHeaders cannot send the value of x-key: use text/);
        assert.ok(!error.message.includes("secret"));
        return true;
      });
    }
  }
  for (const value of [undefined, null, {}, [["a"]], Symbol("a")]) {
    const fields = { "x-key": value } as unknown as DefaultHeaderFields;
    assert.throws(
      () => defaultHeaders(fields),
      /TypeError: defaultHeaders cannot send the value of x/,
    );
  }
  for (const name of ["", "a b", "a:", "é", "x\r\ny"]) {
    assert.throws(() => defaultHeaders({ [name]: "1" }), /it is no name of a field$/);
  }
  for (const name of ["Content-Length", "transfer-encoding", "Connection", "Expect"]) {
    assert.throws(
      () => defaultHeaders({ [name]: "1" }),
      new RegExp(`^TypeError: defaultHeaders cannot send ${name} with every call: leave it to the`),
    );
  }
});
