/**
 * Request lines: methods and targets reach a handler as they were sent.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Ask, field, jsonOf, textOf } from "../ask.ts";
import type { Case } from "../case.ts";
import { encrypted, h1, isH2 } from "../target.ts";

/** What the handler of `/seen` tells. */
export interface Seen {
  /** The method. */
  readonly method: string;
  /** The whole URL. */
  readonly url: string;
  /** The fields, as `Headers` gives them. */
  readonly headers: readonly (readonly [string, string])[];
  /** The client's end. */
  readonly remoteAddress: { readonly ip: string; readonly port: number };
  /** The server's end. */
  readonly localAddress: { readonly ip: string; readonly port: number };
  /** `http` or `https`. */
  readonly protocol: string;
}

/** What the handler was told of a request. */
export async function seen(ask: Ask, path: string, method = "GET"): Promise<Seen> {
  const answer = await ask.request({ method, path });
  assert.equal(answer.status, 200);
  return jsonOf(answer);
}

const methods = "Methods";
const paths = "Target as sent";

/** Paths that a handler sees letter by letter. */
const kept: readonly (readonly [name: string, path: string])[] = [
  ["an escaped slash", "/seen/a%2Fb"],
  ["an escaped letter beyond ASCII", "/seen/%C3%A4"],
  ["unreserved and reserved marks", "/seen/a-._~!$&'()*+,=:@"],
  ["a query", "/seen/a?b=1&b=2"],
  ["an empty query", "/seen/a?"],
  ["a query with every mark", "/seen/a?/?:@!$'()*+,;=&%20+x[]"],
  ["a query of two question marks", "/seen/a??b"],
];

/** The cases. */
export const targets: readonly Case[] = [
  ...["GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"].map((method): Case => ({
    feature: methods,
    name: `${method} reaches the handler`,
    async run(ask) {
      assert.equal((await seen(ask, "/seen/a", method)).method, method);
    },
  })),
  ...["BREW", "m-search"].map((method): Case => ({
    feature: "Methods of one's own",
    name: `${method}, which has a resource of its own`,
    differs: [{
      transport: "node_http",
      protocols: h1,
      cell: "400",
      because: "Node's parser of HTTP/1.1 knows no others than those of http.METHODS",
      async run(ask) {
        assert.equal((await ask.request({ method, path: "/brewed" })).status, 400);
      },
    }],
    async run(ask) {
      const answer = await ask.request({ method, path: "/brewed" });
      assert.equal(answer.status, 200);
      assert.equal(textOf(answer), method);
    },
  })),
  {
    feature: methods,
    name: "case counts: get is not GET",
    differs: [{
      transport: "node_http",
      protocols: h1,
      cell: "400",
      because: "Node's parser of HTTP/1.1 knows no others than those of http.METHODS",
      async run(ask) {
        assert.equal((await ask.request({ method: "get", path: "/text" })).status, 400);
      },
    }],
    async run(ask) {
      const answer = await ask.request({ method: "get", path: "/text" });
      assert.equal(answer.status, 405);
      assert.match(field(answer, "allow") ?? "", /\bGET\b/);
    },
  },
  {
    feature: methods,
    name: "OPTIONS is answered with Allow",
    async run(ask) {
      const answer = await ask.request({ method: "OPTIONS", path: "/text" });
      assert.equal(answer.status, 204);
      assert.match(field(answer, "allow") ?? "", /\bGET\b/);
    },
  },
  ...kept.map(([name, path]): Case => ({
    feature: paths,
    name,
    async run(ask) {
      const scheme = ask.place.ca === undefined ? "http" : "https";
      const url = `${scheme}://127.0.0.1:${ask.place.port}${path}`;
      // A request of the platform's own writes an apostrophe as the URL standard does.
      assert.equal((await seen(ask, path)).url.replace("%27", "'"), url);
    },
  })),
  {
    feature: paths,
    name: "escapes are told in one spelling, so that guard and router see the same",
    async run(ask) {
      assert.match((await seen(ask, "/seen/%61%c3%a4")).url, /\/seen\/a%C3%A4$/);
    },
  },
  {
    feature: paths,
    name: "dot segments, plain and escaped, are refused",
    async run(ask) {
      for (const path of ["/seen/../text", "/seen/%2e%2e/text", "/./text", "/seen/.%2E"]) {
        assert.equal((await ask.request(path)).status, 400, path);
      }
    },
  },
  {
    feature: paths,
    name: "malformed escapes are refused",
    async run(ask) {
      for (const path of ["/seen/%", "/seen/%4", "/seen/%zz", "/seen/%ff", "/seen/a%00b"]) {
        assert.equal((await ask.request(path)).status, 400, path);
      }
    },
  },
  {
    feature: "Host",
    name: "a host without a port is the one of the URL",
    async run(ask) {
      const answer = await ask.request({ path: "/seen/a", host: "music.example" });
      const scheme = ask.place.ca === undefined ? "http" : "https";
      assert.equal(jsonOf<Seen>(answer).url, `${scheme}://music.example/seen/a`);
    },
  },
  {
    feature: "Host",
    name: "the service of a host answers for it alone",
    async run(ask) {
      const own = await ask.request({ path: "/hosted", host: "only.example" });
      assert.equal(textOf(own), "only");
      assert.equal((await ask.request("/hosted")).status, 404);
    },
  },
  {
    feature: "https in request.url",
    name: "url and protocol say https",
    protocols: encrypted,
    async run(ask) {
      const { url, protocol } = await seen(ask, "/seen/a");
      assert.match(url, /^https:\/\/127\.0\.0\.1:/);
      assert.equal(protocol, "https");
    },
  },
  {
    feature: "Addresses",
    name: "remoteAddress and localAddress are the ends of the connection",
    async run(ask) {
      const { remoteAddress, localAddress } = await seen(ask, "/seen/a");
      assert.equal(remoteAddress.ip, "127.0.0.1");
      assert.ok(remoteAddress.port > 0 && remoteAddress.port !== ask.place.port);
      assert.equal(localAddress.ip, "127.0.0.1");
      assert.equal(localAddress.port, ask.place.port);
    },
  },
  {
    feature: "Absolute-form targets",
    name: "the target's authority goes before Host (RFC 9112 section 3.2.2)",
    protocols: h1,
    async run(ask) {
      using connection = await ask.connect();
      await connection.send(
        "GET http://absolute.example/seen/a?b HTTP/1.1\r\nHost: other.example\r\n" +
          "Connection: close\r\n\r\n",
      );
      assert.equal((await connection.readHead())?.status, 200);
      const told = new TextDecoder().decode(await connection.readEnd());
      assert.match(told, /"url":"https?:\/\/absolute\.example\/seen\/a\?b"/);
    },
  },
  {
    feature: "OPTIONS * and CONNECT",
    name: "neither reaches a service",
    async run(ask) {
      const asterisk = await ask.request({ method: "OPTIONS", path: "*" });
      assert.ok([400, 404].includes(asterisk.status), `${asterisk.status}`);
      if (isH2(ask.target.protocol)) return;
      const tunnel = await ask.request({ method: "CONNECT", path: "x:80" });
      assert.ok([400, 404, 405, 501].includes(tunnel.status), `${tunnel.status}`);
    },
  },
];
