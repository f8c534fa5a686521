/**
 * The shop example, used as somebody would use it: started as a program, asked with `fetch` and with
 * `curl`, well and badly.
 *
 * @module
 */
import assert from "node:assert/strict";
import { serve } from "@pirouette/http";
import type { AuditEntry } from "../../examples/interceptors/audit.ts";
import { type ShopOptions, shopService } from "../../examples/interceptors/service.ts";
import { type Order, OrderStore, products } from "../../examples/interceptors/store.ts";
import { hasPeer } from "../support/peers.ts";
import { root } from "../support/source.ts";

const acme = { "x-tenant": "acme" };
const initech = { "x-tenant": "initech" };
const anvils = JSON.stringify({ product: "anvil", quantity: 20 });

interface Shop extends AsyncDisposable {
  readonly url: string;
  /** The audit log so far. */
  readonly log: readonly AuditEntry[];
  ask(method: string, path: string, headers?: HeadersInit, body?: string): Promise<Response>;
}

/** Serves a shop of its own on a port of its own. */
async function serveShop(options: ShopOptions = {}): Promise<Shop> {
  const log: AuditEntry[] = [];
  const sink = (line: string) => {
    assert.ok(!line.includes("\n"));
    log.push(JSON.parse(line));
  };
  const server = await serve(shopService({ sink, ...options }), { host: "127.0.0.1", port: 0 });
  const url = `${server.url}/shop`;
  return {
    url,
    log,
    ask: (method, path, given, body = undefined) => {
      const headers = new Headers(given);
      if (body !== undefined) headers.set("content-type", "application/json");
      return fetch(url + path, { method, headers, ...(body === undefined ? {} : { body }) });
    },
    [Symbol.asyncDispose]: () => server.gracefulStop(),
  };
}

/** An error answer, once it is seen that it has the one format and names its request. */
async function uniform(response: Response): Promise<readonly [number, string]> {
  assert.equal(response.headers.get("content-type"), "application/json");
  const { error, ...others } = await response.json();
  const { status, message, requestId, ...more } = error;
  assert.deepEqual([others, more], [{}, {}]);
  assert.equal(status, response.status);
  // What is refused before it is routed never reaches the layer that gives ids.
  assert.equal(requestId ?? null, response.headers.get("x-request-id"));
  return [response.status, message];
}

Deno.test("shop: a tenant's orders are its own", async () => {
  await using shop = await serveShop();
  const added = await shop.ask("POST", "/orders", acme, anvils);
  assert.equal(added.status, 201);
  const { _links, ...order } = await added.json();
  assert.deepEqual(order, { id: order.id, product: "anvil", quantity: 20 });
  assert.deepEqual(_links, {
    self: { href: "/shop/orders/{id}", methods: ["GET"] },
    cancel: { href: "/shop/orders/{id}", methods: ["DELETE"] },
  });
  assert.equal(added.headers.get("location"), `/shop/orders/${order.id}`);
  const one = `/orders/${order.id}`;
  assert.deepEqual(await (await shop.ask("GET", one, acme)).json(), order);
  assert.deepEqual(await (await shop.ask("GET", "/orders", acme)).json(), [order]);
  assert.deepEqual(await (await shop.ask("GET", "/orders", initech)).json(), []);
  const missing = [404, `There is no order ${order.id}`];
  assert.deepEqual(await uniform(await shop.ask("GET", one, initech)), missing);
  assert.deepEqual(await uniform(await shop.ask("DELETE", one, initech)), missing);
  const cancelled = await shop.ask("DELETE", one, acme);
  assert.equal(cancelled.status, 202);
  await cancelled.body?.cancel();
  assert.deepEqual(await uniform(await shop.ask("DELETE", one, acme)), missing);
});

Deno.test("shop: the plan is the tenant's, whatever the client says of it", async () => {
  await using shop = await serveShop();
  const tooMany = [422, "The free plan has at most 10 of a product"];
  for (const claim of [{}, { "x-tenant-plan": "gold" }, { "X-Tenant-Plan": "gold, gold" }]) {
    const refused = await shop.ask("POST", "/orders", { ...initech, ...claim }, anvils);
    assert.deepEqual(await uniform(refused), tooMany);
    const free = { "x-tenant-plan": "free" };
    const added = await shop.ask("POST", "/orders", { ...acme, ...free }, anvils);
    assert.equal(added.status, 201);
    await added.body?.cancel();
  }
});

Deno.test("shop: all errors have one format and keep their status", async () => {
  class Broken extends OrderStore {
    override list(): Order[] {
      throw new Error("password=hunter2 is wrong");
    }
  }
  const faults: unknown[] = [];
  const onError = (error: unknown) => void faults.push(error);
  await using shop = await serveShop({ store: new Broken(), onError });
  const table:
    readonly (readonly [string, string, HeadersInit, string | undefined, number, RegExp])[] = [
      ["GET", "/nothing", {}, undefined, 404, /^no matching resource found for path : \/shop\/no/],
      ["GET", "/../elsewhere", {}, undefined, 404, /^no matching service found for path: \/elsew/],
      ["PUT", "/products", {}, undefined, 405, /^Method not allowed$/],
      ["GET", "/orders", {}, undefined, 400, /^no header value found for 'x-tenant'$/],
      ["GET", "/orders", { "x-tenant": "ACME" }, undefined, 403, /^There is no such tenant$/],
      [
        "GET",
        "/orders/1",
        { "x-tenant": "__proto__" },
        undefined,
        403,
        /^There is no such tenant$/,
      ],
      ["GET", "/orders//1", {}, undefined, 400, /x-tenant/],
      ["POST", "/orders", acme, "{", 400, /./],
      ["POST", "/orders", acme, '{"product":"anvil","quantity":0}', 400, /quantity/],
      ["POST", "/orders", acme, '{"product":"egg","quantity":1}', 422, /^There is no product egg$/],
      ["GET", "/orders", acme, undefined, 500, /^Internal Server Error$/],
      ["GET", "/help/none.html", {}, undefined, 404, /^There is no such file$/],
      ["GET", "/help/%252e%252e/service.ts", {}, undefined, 404, /^There is no such file$/],
      ["GET", "/help/%zz", {}, undefined, 400, /malformed/],
    ];
  for (const [method, path, headers, body, status, message] of table) {
    const response = await shop.ask(method, path, headers, body);
    if (path === "/products") assert.equal(response.headers.get("allow"), "GET, OPTIONS");
    const [was, told] = await uniform(response);
    assert.equal(was, status, path);
    assert.match(told, message);
  }
  assert.deepEqual(shop.log.map(({ status }) => status), table.map(([, , , , status]) => status));
  assert.deepEqual(faults.map(String), ["Error: password=hunter2 is wrong"]);
  // A handler that fails in process is no different.
  const broken = shopService({ store: new Broken(), onError });
  const response = await broken.fetch("http://localhost/shop/orders", { headers: acme });
  assert.deepEqual(await uniform(response), [500, "Internal Server Error"]);
});

Deno.test("shop: the audit log tells who did what, and no secrets", async () => {
  await using shop = await serveShop();
  const secrets = { authorization: "Bearer s3cret", cookie: "session=s3cret" };
  const given = { ...acme, ...secrets, "x-request-id": "given-1" };
  const list = await shop.ask("GET", "/orders?key=s3cret", given);
  await list.body?.cancel();
  assert.equal(list.headers.get("x-request-id"), "given-1");
  await (await shop.ask("POST", "/orders", { ...acme, ...secrets }, "s3cret")).body?.cancel();
  await (await shop.ask("GET", "/products", { "x-request-id": 'a","who":"b' })).body?.cancel();
  const [listed, posted, products, ...others] = shop.log;
  assert.deepEqual(others, []);
  assert.deepEqual(
    { ...listed, time: "", ms: 0 },
    {
      time: "",
      id: "given-1",
      who: "acme",
      from: "127.0.0.1",
      what: "GET /shop/orders",
      status: 200,
      ms: 0,
    },
  );
  assert.ok(Math.abs(Date.parse(listed?.time ?? "") - Date.now()) < 60_000);
  assert.ok(listed !== undefined && listed.ms >= 0 && listed.ms < 60_000);
  assert.deepEqual([posted?.what, posted?.status], ["POST /shop/orders", 400]);
  assert.match(products?.id ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(products?.who, undefined);
  assert.ok(!JSON.stringify(shop.log).includes("s3cret"));
});

Deno.test("shop: who asks too often is told so in the same format", async () => {
  await using shop = await serveShop({ limit: 2 });
  const origin = { origin: "https://app.example" };
  for (const remaining of [1, 0]) {
    const response = await shop.ask("GET", "/products", origin);
    await response.body?.cancel();
    assert.equal(response.status, 200);
    assert.match(response.headers.get("ratelimit") ?? "", new RegExp(`;r=${remaining};`));
  }
  const refused = await shop.ask("GET", "/products", origin);
  const seconds = refused.headers.get("retry-after");
  assert.match(seconds ?? "", /^(?:[12]\d|30)$/);
  assert.equal(refused.headers.get("access-control-allow-origin"), "https://app.example");
  assert.equal(refused.headers.get("x-content-type-options"), "nosniff");
  assert.deepEqual(await uniform(refused), [429, `Try again in ${seconds} s`]);
});

Deno.test("shop: scripts of the one origin may use it", async () => {
  await using shop = await serveShop({ limit: 1 });
  const asking = {
    origin: "https://app.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,x-tenant",
  };
  for (let times = 0; times < 3; times++) {
    const allowed = await shop.ask("OPTIONS", "/orders", asking);
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers.get("access-control-allow-origin"), asking.origin);
    assert.equal(allowed.headers.get("access-control-allow-methods"), "POST");
    assert.equal(allowed.headers.get("access-control-max-age"), "600");
  }
  for (
    const change of [
      { origin: "https://evil.example" },
      { "access-control-request-headers": "x-tenant-plan" },
      { "access-control-request-method": "PUT" },
    ]
  ) {
    const refused = await shop.ask("OPTIONS", "/orders", { ...asking, ...change });
    assert.equal(refused.headers.get("access-control-allow-origin"), null);
  }
  // Preflights are neither counted nor audited: this is the one request of the minute.
  assert.deepEqual(shop.log, []);
  const answer = await shop.ask("GET", "/products", { origin: asking.origin });
  await answer.body?.cancel();
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("access-control-expose-headers"), "x-request-id");
});

Deno.test("shop: products are compressed, and not sent twice", async () => {
  await using shop = await serveShop();
  const plain = await shop.ask("GET", "/products", { "accept-encoding": "identity" });
  assert.deepEqual(await plain.json(), products);
  assert.equal(plain.headers.get("cache-control"), "must-revalidate,public,max-age=3600");
  const etag = plain.headers.get("etag") ?? "";
  const packed = await shop.ask("GET", "/products", { "accept-encoding": "gzip" });
  assert.deepEqual(await packed.json(), products);
  assert.equal(packed.headers.get("vary"), "Origin, Accept-Encoding");
  assert.equal(packed.headers.get("etag"), `W/${etag}`);
  for (const known of [etag, `W/${etag}`, "*"]) {
    const again = await shop.ask("GET", "/products", { "if-none-match": known });
    assert.deepEqual([again.status, await again.text()], [304, ""]);
  }
  const other = await shop.ask("GET", "/products", { "if-none-match": '"other"' });
  assert.deepEqual([other.status, await other.json()], [200, products]);
});

Deno.test("shop: its pages are files", async () => {
  await using shop = await serveShop();
  const file = await Deno.readTextFile(new URL("examples/interceptors/public/index.html", root));
  const page = await shop.ask("GET", "/help");
  assert.equal(page.url, `${shop.url}/help/`);
  assert.deepEqual([page.status, await page.text()], [200, file]);
  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  const etag = page.headers.get("etag")?.replace(/^W\//, "") ?? "";
  const again = await shop.ask("GET", "/help/", { "if-none-match": etag });
  assert.deepEqual([again.status, await again.text()], [304, ""]);
  const part = await shop.ask("GET", "/help/index.html", { range: "bytes=0-14" });
  assert.deepEqual([part.status, await part.text()], [206, "<!DOCTYPE html>"]);
  const beyond = await shop.ask("GET", "/help/", { range: "bytes=9999-" });
  assert.deepEqual(await uniform(beyond), [416, "The file has none of the ranges"]);
});

/** Runs `curl`, past any proxy; gives what it writes. */
async function curl(...args: readonly string[]): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command("curl", {
    args: ["--silent", "--show-error", "--max-time", "10", "--noproxy", "*", ...args],
    stdin: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Runs the example as a program on a free port; gives all that it wrote once `use` is done. */
async function runProgram(use: (output: string) => Promise<void>): Promise<string> {
  const folder = "examples/interceptors";
  const allowed = ["--no-prompt", "--allow-net", `--allow-read=${folder}/public`];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...allowed, `${folder}/main.ts`, "0"],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let output = "";
  const read = async () => {
    const { done, value } = await reader.read();
    if (!done) output += value;
    return !done;
  };
  try {
    while (!output.includes("/help/\n")) {
      if (!await read()) throw new Error(`The example ended: ${output}`);
    }
    await use(output);
  } finally {
    child.kill();
    while (await read());
    await child.status;
  }
  return output;
}

Deno.test("shop: the program serves what it says, and curl takes it", async () => {
  if (!hasPeer("curl")) return;
  const expected: readonly (readonly [number, RegExp])[] = [
    [201, /"cancel":\{"href":"\/shop\/orders\/\{id\}"/],
    [200, /^\[\{"id":"[0-9a-f-]+","product":"anvil","quantity":2\}\]$/],
    [403, /"message":"There is no such tenant"/],
    [405, /"message":"Method not allowed"/],
    [200, /"id":"anvil"/],
    [204, /^$/],
    [206, /^<!DOCTYPE html>$/],
  ];
  const output = await runProgram(async (told) => {
    const lines = told.split("\n").filter((line) => line.startsWith("  curl "));
    assert.equal(lines.length, expected.length);
    // One after the other, as somebody would try them.
    for (const [index, line] of lines.entries()) {
      const words = [...line.trim().matchAll(/'([^']*)'|(\S+)/g)].map(([, a, b]) => a ?? b ?? "");
      const answer = await curl(...words.slice(1));
      const end = answer.indexOf("\r\n\r\n");
      const [status, body] = expected[index] ?? [0, /./];
      assert.equal(answer.slice(0, 13), `HTTP/1.1 ${status} `, line);
      assert.match(answer.slice(end + 4).trim(), body);
    }
    const help = /http:\S+\/help\//.exec(told)?.[0] ?? "";
    const status = ["--output", "/dev/null", "--write-out", "%{http_code}", "--path-as-is"];
    assert.equal(await curl(...status, `${help}../../service.ts`), "400");
    assert.equal(await curl(...status, `${help}..%2fservice.ts`), "404");
  });
  const entries: AuditEntry[] = output.split("\n").filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  const statuses = expected.map(([status]) => status).filter((status) => status !== 204);
  assert.deepEqual(entries.map(({ status }) => status), [...statuses, 400, 404]);
  assert.equal(new Set(entries.map(({ id }) => id)).size, entries.length);
  assert.deepEqual(entries.slice(0, 3).map(({ who }) => who), ["acme", "acme", undefined]);
});
