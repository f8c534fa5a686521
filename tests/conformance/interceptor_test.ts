/** The cases of interceptors (spec 8), each with the rule it stands for. */
import assert from "node:assert/strict";
import {
  any,
  badRequest,
  contextKey,
  get,
  HttpError,
  int,
  type Interceptor,
  interceptor,
  json,
  jwtInformation,
  Listener,
  ListenerAuthnError,
  ListenerAuthzError,
  notFound,
  post,
  service,
} from "@pirouette/http";
import { ask, expectAnswer, expectError, read } from "./ask.ts";
import { conformance } from "./cases.ts";

const ranKey = contextKey<string[]>("ran");

/** A request interceptor that says it ran. */
function req(name: string): Interceptor {
  return {
    request({ context }) {
      context.set(ranKey, [...(context.get(ranKey) ?? []), name]);
      return context.next();
    },
  };
}

/** A response interceptor that says it ran, in the response. */
function resp(name: string): Interceptor {
  return {
    response({ response, context }) {
      response.headers.append("ran", name);
      response.headers.set("ran-before", (context.get(ranKey) ?? []).join());
      return context.next();
    },
  };
}

function reqCheck(header: string): Interceptor {
  return {
    request: ({ request, context }) =>
      request.headers.has(header)
        ? context.next()
        : notFound({ body: `Header : ${header} not found` }),
  };
}

const reqFails: Interceptor = {
  request: () => new Error("Request interceptor returns an error"),
};

const reqErrorGoesOn: Interceptor = {
  requestError({ error, context }) {
    context.set(ranKey, [...(context.get(ranKey) ?? []), `handled ${error.message}`]);
    return context.next();
  },
};

/** Only sets the text of the response that there is, and a header. */
const setsText: Interceptor = {
  responseError({ error, response }) {
    response.headers.set("x-error", error.name);
    return error.message;
  },
};

const ran = get("/", ({ context }) => (context.get(ranKey) ?? []).join());

conformance("interceptor", {
  "request head-to-tail, response tail-to-head, early answer skips later ones": async () => {
    const interceptors = [
      req("A"),
      resp("Last"),
      reqCheck("h1"),
      resp("B"),
      req("C"),
      resp("D"),
      reqCheck("h2"),
      req("E"),
      req("Last"),
      resp("F"),
    ];
    const both = service({ interceptors }, [ran]);
    const early = await ask(both, "GET /", { headers: { h1: "1" } });
    assert.equal(early.status, 404);
    assert.equal(early.headers.get("ran"), "D, B, Last");
    assert.equal(early.headers.get("ran-before"), "A,C");
    assert.equal(await early.text(), "Header : h2 not found");
    const earliest = await ask(both, "GET /");
    assert.equal(earliest.headers.get("ran"), "Last");
    assert.equal(earliest.headers.get("ran-before"), "A");
    await earliest.body?.cancel();
    const late = await ask(both, "GET /", { headers: { h1: "1", h2: "1" } });
    assert.equal(late.headers.get("ran"), "F, D, B, Last");
    assert.equal(await late.text(), "A,C,E,Last");
  },

  "request error jumps forward to nearest RequestErrorInterceptor": async () => {
    const interceptors = [reqFails, req("Req"), reqErrorGoesOn, req("ReqLast")];
    await expectAnswer(
      service({ interceptors }, [ran]),
      "GET /",
      "handled Request interceptor returns an error,ReqLast",
    );
    // An error hook that fails itself hands over to the next one.
    const again: Interceptor = {
      requestError: () => {
        throw new Error("Request error interceptor returns an error");
      },
    };
    await expectAnswer(
      service({ interceptors: [reqFails, again, req("Req"), reqErrorGoesOn, req("Last")] }, [ran]),
      "GET /",
      "handled Request error interceptor returns an error,Last",
    );
  },

  "unhandled interceptor error": async () => {
    const config = { interceptors: [req("A"), resp("B"), reqFails], onError: () => {} };
    // The text of an error that is not ours stays here (docs/differences.md).
    await expectError(service(config, [ran]), "GET /", 500, "Internal Server Error");
    const text = "Request interceptor returns an error";
    const returns: Interceptor = { request: () => new HttpError(text) };
    const throws: Interceptor = {
      response() {
        throw new HttpError(text);
      },
    };
    for (const one of [returns, throws]) {
      const interceptors = [req("A"), resp("B"), one];
      const failing = service({ interceptors, onError: () => {} }, [get("/x", () => "x")]);
      await expectError(failing, "GET /x", 500, text);
    }
  },

  "interceptor accessor filters by method": async () => {
    const interceptors: Interceptor[] = [
      { ...req("get"), on: { method: "GET" } },
      { ...req("post"), on: { method: "POST" } },
      { ...req("both"), on: { method: ["GET", "POST"] } },
      { ...req("put"), on: { method: "PUT" } },
    ];
    const handler = any("/", ({ context }) => (context.get(ranKey) ?? []).join());
    await expectAnswer(service({ interceptors }, [handler]), "GET /", "get,both");
    await expectAnswer(service({ interceptors }, [handler]), "POST /", "post,both");
  },

  "interceptor path filters relative to service base path": async () => {
    const interceptors: Interceptor[] = [
      { ...req("foo"), on: { path: "/foo" } },
      { ...req("bar"), on: { method: "GET", path: "/bar" } },
      { ...req("below"), on: { path: "/:rest+" } },
    ];
    for (const basePath of ["/", "/foo"]) {
      const base = basePath === "/" ? "" : basePath;
      const both = service({ basePath, interceptors }, [
        any("/", ({ context }) => (context.get(ranKey) ?? []).join()),
        any("/foo", ({ context }) => (context.get(ranKey) ?? []).join()),
        any("/bar", ({ context }) => (context.get(ranKey) ?? []).join()),
      ]);
      await expectAnswer(both, `GET ${base}/`, "");
      await expectAnswer(both, `POST ${base}/foo`, "foo,below", { status: 200 });
      await expectAnswer(both, `GET ${base}/foo/`, "foo,below");
      await expectAnswer(both, `GET ${base}/bar`, "bar,below");
      await expectAnswer(both, `POST ${base}/bar`, "below", { status: 200 });
    }
  },

  "calling next() twice skips one": async () => {
    const skip: Interceptor = {
      request({ context }) {
        context.next();
        return context.next();
      },
    };
    await expectAnswer(
      service({ interceptors: [skip, resp("x"), req("skipped"), req("last")] }, [ran]),
      "GET /",
      "last",
    );
    const skipBack: Interceptor = {
      response({ context }) {
        context.next();
        return context.next();
      },
    };
    const response = await ask(
      service({ interceptors: [resp("first"), resp("skipped"), skipBack, resp("last")] }, [ran]),
      "GET /",
    );
    assert.equal(response.headers.get("ran"), "last, first");
    await response.body?.cancel();
  },

  "next() past the end": async () => {
    const past: Interceptor = {
      request({ context }) {
        context.next();
        return context.next();
      },
    };
    const message = "no next service to be returned";
    const onError = () => {};
    await expectError(
      service({ interceptors: [req("a"), past, resp("b")], onError }, [ran]),
      "GET /",
      500,
      message,
    );
    const resource = get("/", ({ context }) => context.next());
    await expectError(
      service({ interceptors: [req("a")], onError }, [resource]),
      "GET /",
      500,
      message,
    );
    await expectError(
      service({ onError }, [resource]),
      "GET /",
      500,
      "request context object does not contain the configured interceptors",
    );
  },

  "returning a wrong next service": async () => {
    const onError = () => {};
    const wrong: Interceptor = { request: () => req("another") };
    await expectError(
      service({ interceptors: [req("a"), wrong, req("c")], onError }, [ran]),
      "GET /",
      500,
      "next interceptor service did not match with the configuration",
    );
    const wrongEnd: Interceptor = {
      request({ context }) {
        context.next();
        return req("another");
      },
    };
    await expectError(
      service({ interceptors: [req("a"), wrongEnd, resp("c")], onError }, [ran]),
      "GET /",
      500,
      "target service did not match with the configuration",
    );
    const wrongBack: Interceptor = { response: () => req("another") };
    await expectError(
      service({ interceptors: [req("a"), wrongBack, resp("c")], onError }, [ran]),
      "GET /",
      500,
      "next interceptor service did not match with the configuration",
    );
    const first: Interceptor = {
      request({ context }) {
        const one = context.next();
        context.next();
        return one;
      },
    };
    await expectError(
      service({ interceptors: [first, req("b"), req("c")], onError }, [ran]),
      "GET /",
      500,
      "next interceptor service did not match with the configuration",
    );
  },

  "request interceptor returning nil without next()": async () => {
    const nothing: Interceptor = { request: () => {} };
    const response = await ask(
      service({ interceptors: [req("a"), resp("b"), nothing, resp("c")] }, [ran]),
      "GET /",
    );
    assert.equal(response.status, 202);
    assert.equal(response.headers.get("ran"), "b");
    assert.equal(await response.text(), "");
  },

  "response interceptor returning nil without next()": async () => {
    const nothing: Interceptor = { response: () => {} };
    const response = await ask(
      service({ interceptors: [resp("a"), resp("b"), nothing, resp("c")] }, [ran]),
      "GET /",
    );
    assert.equal(response.status, 202);
    assert.equal(response.headers.get("ran"), "b, a");
    assert.equal(await response.text(), "");
  },

  "response interceptor returning a value continues pipeline with it": async () => {
    const values: [unknown, number, unknown][] = [
      ["text", 200, "text"],
      [{ a: 1 }, 200, { a: 1 }],
      [notFound({ body: "none" }), 404, "none"],
      [new Response("as it is", { status: 201 }), 201, "as it is"],
    ];
    for (const [value, status, body] of values) {
      const replace: Interceptor = { response: () => value };
      const response = await ask(
        service({ interceptors: [resp("a"), replace, resp("c")] }, [ran]),
        "GET /",
      );
      assert.equal(response.status, status);
      assert.match(response.headers.get("ran") ?? "", /a$/);
      assert.deepEqual(await read(response), body);
    }
  },

  "service at / handles unmatched": async () => {
    const listener = new Listener(0, { host: "127.0.0.1" });
    listener.attach(service({ basePath: "/path1", interceptors: [resp("path1")] }, [ran]));
    const root = service({ interceptors: [setsText, resp("root")] }, [get("/known", () => 1)]);
    listener.attach(root);
    await using server = await listener.start();
    const response = await ask(server, "GET /path2");
    assert.equal(response.status, 404);
    assert.equal(response.headers.get("x-error"), "ResourceNotFoundError");
    assert.equal(
      await response.text(),
      "no matching resource found for path : /path2 , method : GET",
    );
    // The only service deals with what it does not match; of several without a root, none does.
    const texts: [string[], string | null][] = [
      [["/one"], "ServiceNotFoundError"],
      [["/one", "/two"], null],
    ];
    for (const [paths, handled] of texts) {
      const other = new Listener(0, { host: "127.0.0.1" });
      for (const basePath of paths) {
        other.attach(service({ basePath, interceptors: [setsText] }, [ran]));
      }
      await using running = await other.start();
      const missed = await ask(running, "GET /three");
      assert.equal(missed.status, 404);
      assert.equal(missed.headers.get("x-error"), handled);
      assert.match(await missed.text(), /no matching service found for path/);
    }
  },

  "status survives into error interceptor": async () => {
    const all = service({ interceptors: [setsText] }, [
      get("/get", () => 1),
      post("/json", { consumes: ["application/json"], body: json() }, () => 1),
      get("/xml", { produces: ["application/xml"] }, () => 1),
      get("/int", { query: { n: int() } }, () => 1),
      get("/authn", () => new ListenerAuthnError("who are you")),
      get("/authz", () => {
        throw new ListenerAuthzError("not you");
      }),
      get("/reply", () => badRequest({ body: "mine" })),
    ]);
    const cases: [string, RequestInit, number, string][] = [
      ["POST /get", {}, 405, "ResourceMethodNotAllowedError"],
      ["POST /json", { body: "<a/>", headers: { "content-type": "text/xml" } }, 415, "Unsupported"],
      ["GET /xml", { headers: { accept: "text/csv" } }, 406, "RequestNotAcceptableError"],
      ["GET /int?n=x", {}, 400, "QueryParameterBindingError"],
      ["GET /authn", {}, 401, "ListenerAuthnError"],
      ["GET /authz", {}, 403, "ListenerAuthzError"],
      ["GET /none", {}, 404, "ResourceNotFoundError"],
    ];
    for (const [line, init, status, name] of cases) {
      const response = await ask(all, line, init);
      assert.equal(response.status, status, line);
      assert.match(response.headers.get("x-error") ?? "", new RegExp(`^${name}`), line);
      assert.equal(response.headers.get("content-type"), "text/plain;charset=UTF-8");
      await response.body?.cancel();
    }
    const overwritten: Interceptor = { responseError: () => notFound({ body: "nothing here" }) };
    const other = service({ interceptors: [overwritten] }, [get("/get", () => 1)]);
    await expectAnswer(other, "POST /get", "nothing here", { status: 404 });
    // A reply is an answer and no error.
    const reply = await ask(all, "GET /reply");
    assert.deepEqual([reply.status, reply.headers.get("x-error")], [400, null]);
    await reply.body?.cancel();
  },

  "JWT info": async () => {
    const part = (value: unknown) =>
      btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    const token = `${part({ alg: "RS256", typ: "JWT", kid: "k" })}.${
      part({ iss: "wso2", aud: ["a", "b"], scp: "admin" })
    }.c2ln`;
    const tells = interceptor({
      request: ({ context }) => ({
        info: context.get(jwtInformation) ?? null,
        has: context.hasKey(jwtInformation),
      }),
    });
    const asked = service({ interceptors: [tells] }, [ran]);
    await expectAnswer(asked, "GET /", {
      has: true,
      info: [{ alg: "RS256", typ: "JWT", kid: "k" }, {
        iss: "wso2",
        aud: ["a", "b"],
        scp: "admin",
      }],
    }, { headers: { authorization: `Bearer ${token}` } });
    for (
      const authorization of [
        undefined,
        "Basic ",
        "Bearer abcd",
        "Bearer",
        `bearer ${token}`,
        `Bearer  ${token}`,
        `Bearer ${token} more`,
        `Bearer ${token}.more`,
        `Bearer ${token.replace(".", ".!")}`,
        `Bearer ${part([1])}.${part("text")}.x`,
      ]
    ) {
      const headers: HeadersInit = authorization === undefined ? {} : { authorization };
      await expectAnswer(asked, "GET /", { has: false, info: null }, { headers });
    }
    const typed: Interceptor = {
      request: ({ context }) => context.getWithType(jwtInformation, json()),
    };
    await expectError(
      service({ interceptors: [typed], onError: () => {} }, [ran]),
      "GET /",
      500,
      "no member found for key: JWT_INFORMATION",
    );
  },
});
