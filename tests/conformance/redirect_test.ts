/**
 * The redirect cases (spec 2.4.1.3), and what the original library's own tests hold beyond them. The
 * layer stands for a client that follows redirects, the platform's `fetch` for one that does not.
 */
import assert from "node:assert/strict";
import { type Fetch, stack } from "@pirouette/http";
import { redirect, type RedirectOptions } from "../../src/layers/redirect.ts";
import { resolvedRequestedURI } from "../../src/layers/redirect_uri.ts";
import { go, type Origins, type Reached, startOrigins } from "../support/redirecting_service.ts";
import { conformance } from "./cases.ts";

const secrets = { authorization: "Basic YWxpY2U6eHh4", "proxy-authorization": "Basic YWxh" };

function following(options?: RedirectOptions): Fetch {
  return stack(fetch, redirect(options));
}

/** A check between two origins. */
function between(check: (origins: Origins) => Promise<void>): () => Promise<void> {
  return async () => {
    await using origins = await startOrigins();
    await check(origins);
  };
}

async function reached(response: Response): Promise<Reached> {
  assert.equal(response.status, 200);
  return await response.json();
}

/** A path that redirects on and on, with these statuses, to `/end`. */
function chain(statuses: readonly number[], end = "/end"): string {
  return statuses.reduceRight((to, status) => go(to, status), end);
}

conformance("redirect", {
  "off by default": between(async ({ near }) => {
    const response = await fetch(near + go("/end", 308), { redirect: "manual" });
    await response.body?.cancel();
    assert.equal(response.status, 308);
    assert.equal(response.headers.get("location"), "/end");
    assert.equal(resolvedRequestedURI(response), "");
  }),
  "307 to other port": between(async ({ near, far }) => {
    const response = await following({ maxCount: 3 })(near + go(`${far}/end`, 307));
    assert.equal((await reached(response)).url, `${far}/end`);
    assert.equal(resolvedRequestedURI(response), `${far}/end`);
  }),
  "max count returns the last redirect response": between(async ({ near }) => {
    const rest = chain([301, 302]);
    const response = await following({ maxCount: 3 })(near + go(go(go(rest, 300), 305), 308));
    await response.body?.cancel();
    assert.equal(response.status, 301);
    assert.equal(response.headers.get("location"), chain([302]));
    assert.equal(resolvedRequestedURI(response), near + rest);
  }),
  "301/302/303 become GET": between(async ({ near }) => {
    for (const status of [301, 302, 303]) {
      const init = { method: "POST", body: "Test value!" };
      const { method, body } = await reached(await following()(near + go("/end", status), init));
      assert.deepEqual([method, body], ["GET", ""]);
    }
  }),
  "auth headers stripped by default": between(async ({ near, far }) => {
    const away = await reached(await following()(near + go(`${far}/end`), { headers: secrets }));
    assert.equal(away.headers.authorization, undefined);
    assert.equal(away.headers["proxy-authorization"], undefined);
    const stays = await reached(await following()(near + go("/end"), { headers: secrets }));
    assert.equal(stays.headers.authorization, secrets.authorization);
  }),
  "auth headers kept on request": between(async ({ near, far }) => {
    const follow = following({ allowAuthHeaders: true });
    for (const origin of [near, far]) {
      const { headers } = await reached(
        await follow(near + go(`${origin}/end`), { headers: secrets }),
      );
      assert.equal(headers.authorization, secrets.authorization);
      assert.equal(headers["proxy-authorization"], secrets["proxy-authorization"]);
    }
  }),
}, {
  "auth headers stripped by default":
    "the same origin was trusted with them and keeps them, quirk 9 of spec/upstream-api.md",
});

Deno.test(
  "redirect, original: a chain of all statuses ends at another origin",
  between(async ({ near, far }) => {
    const response = await following()(near + chain([308, 305, 300, 301, 302], `${far}/end`));
    assert.equal((await reached(response)).url, `${far}/end`);
    assert.equal(resolvedRequestedURI(response), `${far}/end`);
  }),
);

Deno.test(
  "redirect, original: a response that redirects nowhere tells its own address",
  between(async ({ near }) => {
    const response = await following()(`${near}/end`);
    assert.equal((await reached(response)).method, "GET");
    assert.equal(resolvedRequestedURI(response), `${near}/end`);
  }),
);

Deno.test(
  "redirect, original: queries go to where they are written",
  between(async ({ near, far }) => {
    const target = "/end?key=value&lang=ballerina";
    for (const to of [target, near + target]) {
      const response = await following()(near + go(to, 307));
      assert.equal((await reached(response)).url, near + target);
      assert.equal(resolvedRequestedURI(response), near + target);
    }
    // That of the first request stays with it.
    const response = await following()(`${near}${go(`${far}/end`)}&key=value`);
    assert.equal((await reached(response)).url, `${far}/end`);
  }),
);

Deno.test(
  "redirect, original: 307 and 308 repeat method and body",
  between(async ({ near, far }) => {
    const follow = following({ allowAuthHeaders: true });
    for (const status of [307, 308]) {
      for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
        const init = { method, body: "Payload redirected", headers: secrets };
        const there = await reached(await follow(near + go(`${far}/end`, status), init));
        assert.equal(there.method, method);
        assert.equal(there.body, "Payload redirected");
        assert.equal(there.headers["proxy-authorization"], secrets["proxy-authorization"]);
      }
      for (const method of ["HEAD", "OPTIONS"]) {
        const response = await follow(near + go(`${far}/end`, status), { method });
        await response.body?.cancel();
        assert.equal(response.headers.get("x-method"), method);
        assert.equal(resolvedRequestedURI(response), `${far}/end`);
      }
    }
  }),
);

Deno.test(
  "redirect, original: a multipart form is repeated",
  between(async ({ near, far }) => {
    const body = new FormData();
    body.set("json part", new Blob(['{"name":"wso2"}'], { type: "application/json" }), "part.json");
    const there = await reached(
      await following()(near + go(`${far}/end`, 307), { method: "POST", body }),
    );
    assert.match(there.headers["content-type"] ?? "", /^multipart\/form-data; ?boundary=/);
    assert.match(there.body, /\{"name":"wso2"\}/);
  }),
);

Deno.test(
  "redirect, original: a redirect without an address is an error",
  between(async ({ near }) => {
    await assert.rejects(
      following()(`${near}/go?status=302`),
      /^RedirectError: Location header not available!/,
    );
  }),
);
