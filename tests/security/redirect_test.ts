// SECURITY.md row 23: what redirects may take where (CVE-2025-21620, CVE-2022-0235, CVE-2023-45289),
// and of row 13: addresses of redirects split nothing.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Fetch, stack } from "@pirouette/http";
import { redirect, type RedirectOptions } from "../../src/layers/redirect.ts";
import { RedirectError } from "../../src/layers/redirect_error.ts";
import { go, type Reached, startOrigins } from "../support/redirecting_service.ts";
import { within } from "../support/within.ts";

const home = "https://api.example/start";

const secrets: Readonly<Record<string, string>> = {
  "authorization": "Bearer secret",
  "cookie": "session=secret",
  "origin": "https://app.example",
  "proxy-authorization": "Basic secret",
  "referer": "https://app.example/secret",
  "x-api-key": "secret",
};
const harmless: Readonly<Record<string, string>> = {
  "accept": "application/json",
  "content-type": "text/plain",
  "range": "bytes=0-1",
  "user-agent": "pirouette",
};

interface Sent {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What reaches each address when `home` redirects to the others in turn. */
async function journey(
  stops: readonly string[],
  options?: RedirectOptions,
  ask: (fetch: Fetch) => Promise<Response> = (fetch) =>
    fetch(home, { headers: { ...secrets, ...harmless } }),
): Promise<Sent[]> {
  const sent: Sent[] = [];
  const inside: Fetch = (input, init) => {
    const request = new Request(input, init);
    const location = stops[sent.length];
    // Not request.url: it may say less than what was passed.
    const url = input instanceof Request ? input.url : String(input);
    sent.push({ url, headers: Object.fromEntries(request.headers) });
    if (location === undefined) return Promise.resolve(new Response("there"));
    return Promise.resolve(new Response(null, { status: 307, headers: { location } }));
  };
  await ask(stack(inside, redirect(options)));
  return sent;
}

Deno.test("security 23: only the same origin sees credentials and other fields of the caller", async () => {
  const table: Record<string, boolean> = {
    "/there": true,
    "https://api.example/there": true,
    "https://api.example:443/there": true,
    "HTTPS://API.EXAMPLE/there": true,
    "https://other.example/there": false,
    "//other.example/there": false,
    "\\\\other.example/there": false,
    "/\\other.example/there": false,
    "https:/\\other.example/there": false,
    "https://v2.api.example/there": false,
    "https://example/there": false,
    "https://api.example.other.example/there": false,
    "https://api.example./there": false,
    "https://api.example:8443/there": false,
    "http://api.example/there": false,
  };
  for (const [location, isSame] of Object.entries(table)) {
    const sent = await journey([location], { allowDowngrade: true });
    assert.deepEqual(sent[1]?.headers, { ...(isSame ? secrets : {}), ...harmless }, location);
  }
});

Deno.test("security 23: the way back brings nothing back", async () => {
  const stops = ["https://other.example/", home, "/again", "https://api.example/end"];
  const sent = await journey(stops);
  assert.deepEqual(sent[0]?.headers, { ...secrets, ...harmless });
  for (const { headers } of sent.slice(1)) assert.deepEqual(headers, harmless);
});

Deno.test("security 23: it makes no difference how the call says its fields", async () => {
  const headers = { ...secrets, ...harmless };
  const ways: readonly ((fetch: Fetch) => Promise<Response>)[] = [
    (fetch) => fetch(home, { headers: Object.entries(headers) }),
    (fetch) => fetch(new URL(home), { headers: new Headers(headers) }),
    (fetch) => fetch(new Request(home, { headers })),
    (fetch) => fetch(new Request(home), { headers }),
    (fetch) =>
      fetch(home, {
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
        ),
      }),
  ];
  for (const ask of ways) {
    const sent = await journey(["/there", "https://other.example/", home], undefined, ask);
    assert.deepEqual(sent.map((one) => one.headers), [
      headers,
      headers,
      harmless,
      harmless,
    ]);
  }
});

Deno.test("security 23: whatever the way, nothing is seen once another origin was", async () => {
  const seed = Number(Deno.env.get("FC_SEED") ?? Date.now());
  const stop = fc.constantFrom("/there", home, "https://other.example/", "https://api.example:1/");
  await fc.assert(
    fc.asyncProperty(fc.array(stop, { maxLength: 5 }), async (stops) => {
      let isHome = true;
      let at = home;
      for (const [index, { headers }] of (await journey(stops)).entries()) {
        if (index > 0) at = new URL(stops[index - 1] ?? "", at).href;
        isHome &&= at.startsWith("https://api.example/");
        assert.equal(headers["x-api-key"], isHome ? "secret" : undefined);
        assert.equal(headers.authorization, isHome ? "Bearer secret" : undefined);
      }
    }),
    { seed, numRuns: 200 },
  );
});

Deno.test("security 23: allowAuthHeaders says so in so many words, and Host stays all the same", async () => {
  const ask = (fetch: Fetch): Promise<Response> =>
    fetch(home, { headers: { ...secrets, ...harmless, host: "api.example" } });
  const sent = await journey(["https://other.example/"], { allowAuthHeaders: true }, ask);
  assert.deepEqual(sent[1]?.headers, { ...secrets, ...harmless });
  const odd = { allowAuthHeaders: "false" } as unknown as RedirectOptions;
  assert.deepEqual((await journey(["https://other.example/"], odd))[1]?.headers, harmless);
});

Deno.test("security 23: a polluted prototype allows nothing", async () => {
  const polluted = Object.prototype as Record<string, unknown>;
  try {
    polluted.allowAuthHeaders = true;
    polluted.allowDowngrade = true;
    assert.deepEqual((await journey(["https://other.example/"]))[1]?.headers, harmless);
    await assert.rejects(journey(["http://api.example/"]), RedirectError);
  } finally {
    delete polluted.allowAuthHeaders;
    delete polluted.allowDowngrade;
  }
});

Deno.test("security 23: no way from https to http, unless it is allowed", async () => {
  for (const location of ["http://api.example/", "http://other.example/", "http:\\\\api.example"]) {
    await assert.rejects(journey([location]), {
      name: "RedirectError",
      message: "Cannot follow redirect 307 from https to http: set allowDowngrade to do so",
    });
  }
  assert.equal((await journey(["http://api.example/"], { allowDowngrade: true })).length, 2);
  await assert.rejects(journey(["https://other.example/", "http://other.example/"]), RedirectError);
});

Deno.test("security 23: only http and https are followed", async () => {
  const locations = [
    "file:///etc/passwd",
    "FILE:/etc/passwd",
    "data:text/plain,secret",
    "blob:https://api.example/0f3a",
    "javascript:alert(1)",
    "ftp://api.example/",
    "ws://api.example/",
    "gopher://api.example/",
    "unix:/run/docker.sock",
    "http+unix://%2Frun%2Fdocker.sock/",
    "about:blank",
    "mailto:someone@example",
  ];
  for (const location of locations) {
    await assert.rejects(journey([location]), (error) => {
      assert.ok(error instanceof RedirectError);
      assert.match(
        error.message,
        /^Cannot follow redirect 307 to "[a-z+]+:": only http and https will do$/,
      );
      return true;
    });
  }
});

Deno.test("security 23: a redirect brings no user name or password", async () => {
  for (
    const location of [
      "https://user@api.example/",
      "https://user:password@api.example/",
      "https://:password@other.example/",
      "//user@api.example/",
      "https://api.example@other.example/",
    ]
  ) {
    await assert.rejects(journey([location]), {
      name: "RedirectError",
      message: "Cannot follow redirect 307 to an address with a user name or password",
    });
  }
});

Deno.test("security 23: those of the caller's address stay with its origin", async () => {
  await using origins = await startOrigins();
  const follow = stack(fetch, redirect());
  const own = origins.near.replace("//", "//me:secret@");
  const ask = async (path: string): Promise<Reached> => (await follow(own + path)).json();
  assert.equal((await ask(go("/end"))).headers.authorization, `Basic ${btoa("me:secret")}`);
  assert.equal((await ask(go(`${origins.far}/end`))).headers.authorization, undefined);
  const back = go(`${origins.far}${go(`${origins.near}/end`)}`);
  assert.equal((await ask(back)).headers.authorization, undefined);
});

Deno.test("security 23: over sockets, another port sees nothing, and neither does the first again", async () => {
  await using origins = await startOrigins();
  const { near, far } = origins;
  const follow = stack(fetch, redirect());
  const headers = { "authorization": "Bearer secret", "x-api-key": "secret", "cookie": "a=secret" };
  for (const path of [go(`${far}/end`), go(`${far}${go(`${near}/end`)}`)]) {
    for (const init of [{ headers }, { headers, method: "POST", body: "x" }]) {
      const reached: Reached = await (await follow(near + path, init)).json();
      assert.doesNotMatch(JSON.stringify(reached.headers), /secret/);
    }
  }
});

Deno.test("security 23: limits hold for the call, not for each of its requests", async () => {
  // The layers below see every request, and the caller's signal goes along with each.
  const signals: (AbortSignal | null | undefined)[] = [];
  const endless: Fetch = (_input, init) => {
    signals.push(init?.signal);
    return Promise.resolve(new Response(null, { status: 302, headers: { location: "/start" } }));
  };
  const { signal } = new AbortController();
  await stack(endless, redirect({ maxCount: 9 }))(home, { signal });
  assert.deepEqual(signals, Array(10).fill(signal));
});

Deno.test("security 23: an error tells no address, which may hold a secret", async () => {
  const locations = [
    "http://other.example/?token=secret",
    "ftp://other.example/?token=secret",
    "https://me:secret@other.example/",
    "https://other.example:secret/",
  ];
  for (const location of locations) {
    await assert.rejects(journey([location]), (error) => {
      assert.ok(error instanceof RedirectError);
      assert.doesNotMatch(error.message, /secret|example/);
      assert.match(error.location ?? "", /secret/);
      return true;
    });
  }
});

Deno.test("security 13: the address of a redirect splits no request", async () => {
  // Bytes that are CR and LF once their upper halves are lost, and such that were encoded.
  const utf8 = String.fromCharCode(...new TextEncoder().encode("/\u010d\u010ax-evil:1"));
  for (const location of ["/%0d%0ax-evil:%201", utf8, "/\u0085\u00a0x-evil:1", "/a\tx-evil:1"]) {
    const [, second] = await journey([location]);
    assert.ok(second);
    assert.match(second.url, /^https:\/\/api\.example\/[\x21-\x7e]+$/);
    assert.equal(second.headers["x-evil"], undefined);
  }
});

Deno.test("security 13: what a server sends as Location reaches no header section raw", async () => {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const received: string[] = [];
  const answers = [
    "HTTP/1.1 302 Found\r\nlocation: /\u00c4\u008d\u00c4\u008aX-Evil: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
  ];
  const serving = (async () => {
    for (const answer of answers) {
      using connection = await listener.accept();
      const buffer = new Uint8Array(4096);
      const count = await connection.read(buffer) ?? 0;
      received.push(new TextDecoder().decode(buffer.subarray(0, count)));
      await connection.write(Uint8Array.from(answer, (char) => char.charCodeAt(0)));
    }
  })();
  const response = await within(
    stack(fetch, redirect())(`http://127.0.0.1:${listener.addr.port}/start`),
    "the answer",
  );
  await serving;
  assert.deepEqual([response.status, await response.text()], [200, ""]);
  assert.match(received[1] ?? "", /^GET \/%C4%8D%C4%8AX-Evil:%201 HTTP\/1\.1\r\n/);
  assert.doesNotMatch(received[1] ?? "", /\nx-evil/i);
});
