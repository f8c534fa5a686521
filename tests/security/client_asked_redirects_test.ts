/**
 * SECURITY.md row 23: what a client sends with its calls to one origin does not go to another because a
 * call asks for redirects itself.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Client, type Fetch } from "@pirouette/http";

interface Recording {
  readonly fetch: Fetch;
  /** Where requests went, and what secrets went there. */
  readonly sent: string[];
}

/** Redirects from one origin to another, and follows redirects itself where it may. */
function recording(): Recording {
  const sent: string[] = [];
  const fetch: Fetch = async (input, init) => {
    const request = new Request(input, init);
    const { headers, url } = request;
    sent.push(`${url} ${headers.get("x-api-key")} ${headers.get("authorization")}`);
    if (new URL(url).hostname === "other.example") return new Response("there");
    if (request.redirect === "follow") return await fetch("https://other.example/", init);
    return new Response(null, { status: 302, headers: { location: "https://other.example/" } });
  };
  return { fetch, sent };
}

const origin = "https://api.example";

Deno.test("security 23: redirects that a call asks for itself take no default header fields along", async () => {
  const headers = { "x-api-key": "s3cret", authorization: "Bearer s3cret" };
  for (const config of [{}, { followRedirects: true }]) {
    const { fetch, sent } = recording();
    const api = new Client(origin, { fetch, headers, ...config });
    const response = await api.fetch("/", { redirect: "follow" });
    assert.equal(await response.text(), "there");
    assert.deepEqual(sent, [
      "https://api.example/ s3cret Bearer s3cret",
      "https://other.example/ null null",
    ]);
  }
});

Deno.test("security 23: redirects are not followed where nobody asks for it, or a call forbids it", async () => {
  const inits: RequestInit[] = [{}, { redirect: "manual" }, { method: "POST" }];
  for (const init of inits) {
    const { fetch, sent } = recording();
    const api = new Client(origin, { fetch });
    assert.equal((await api.fetch("/", init)).status, 302);
    assert.equal((await api.fetch(new Request(`${origin}/`, init))).status, 302);
    assert.equal(sent.length, 2);
  }
  // Whatever is below decides on "error": the platform rejects.
  const modes: unknown[] = [];
  const api = new Client(origin, {
    fetch: (input, init) => {
      modes.push(init?.redirect ?? (input as Request).redirect);
      return Promise.resolve(new Response());
    },
  });
  await api.fetch(new Request(`${origin}/`, { redirect: "error" }));
  await api.fetch("/", { redirect: "error" });
  assert.deepEqual(modes, ["error", "error"]);
});
