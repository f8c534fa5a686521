/**
 * SECURITY.md row 20: a failure tells a client no text, type or stack of this program's, and
 * nothing that is thrown shapes the reply unless it is an error of this library.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  AllRetryAttemptsFailed,
  ApplicationResponseError,
  BadRequestError,
  contextKey,
  DefaultStatusCodeError,
  get,
  HttpError,
  int,
  InternalServerError,
  type Layer,
  NotFoundError,
  ok,
  serve,
  service,
} from "@pirouette/http";
import { onBothTransports } from "../support/both_transports.ts";
import { transports } from "../support/over_transports.ts";

/** In every text and name that must not come out. */
const MARK = "s3cret";

class LikeOurs extends Error {
  status = 418;
  statusCode = 418;
  code = MARK;
  headers = { "x-forged": MARK };
  body = { forged: MARK };
  expose = true;
}

function throwingGetters(): object {
  const fail = (): never => {
    throw new Error(MARK);
  };
  const names = ["message", "name", "stack", "status", "code", "body", "cause", "then", "toString"];
  const error = new Error("a");
  for (const name of [...names, Symbol.toPrimitive, Symbol.toStringTag]) {
    Object.defineProperty(error, name, { get: fail });
  }
  return error;
}

function throwingProxy(): object {
  const fail = (): never => {
    throw new Error(MARK);
  };
  return new Proxy({}, {
    get: fail,
    has: fail,
    getPrototypeOf: fail,
    ownKeys: fail,
    getOwnPropertyDescriptor: fail,
  });
}

function throwingStatus(): HttpError {
  const error = new HttpError(MARK);
  Object.defineProperty(error, "status", {
    get() {
      throw new Error(MARK);
    },
  });
  return error;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** One of ours that cannot be read whole. */
function withThrowing(...names: readonly string[]): HttpError {
  const error = new NotFoundError(MARK);
  for (const name of names) {
    Object.defineProperty(error, name, {
      get() {
        throw new Error(MARK);
      },
    });
  }
  return error;
}

/** One of ours whose status is what no error can have. */
function ofStatus(status: unknown): HttpError {
  return Object.defineProperty(new HttpError(MARK), "status", { value: status });
}

function inCircle(): Error {
  const error = new AllRetryAttemptsFailed("a");
  Object.defineProperty(error, "cause", { value: new Error(MARK, { cause: error }) });
  return error;
}

/** Things to throw, none of which may come out. */
const thrown: Readonly<Record<string, () => unknown>> = {
  "an error": () => new Error(MARK),
  "an error with a cause": () => new Error("a", { cause: new NotFoundError(MARK) }),
  "an error with a status": () => new LikeOurs(MARK),
  "an error named as ours": () =>
    Object.assign(new Error(MARK), { name: "NotFoundError", status: 404 }),
  "an aggregate": () => new AggregateError([new NotFoundError(MARK)], MARK),
  "a platform error": () => new DOMException(MARK, "NotFoundError"),
  "a string": () => MARK,
  "an empty string": () => "",
  "null": () => null,
  "undefined": () => undefined,
  "a number": () => 404,
  "a bigint": () => 404n,
  "a symbol": () => Symbol(MARK),
  "a function": () => () => MARK,
  "a record": () => ({ status: 418, body: MARK, message: MARK, headers: { "x-forged": MARK } }),
  "a record without prototype": () => Object.assign(Object.create(null), { status: 404 }),
  "an array": () => [404, MARK],
  "a response": () => new Response(MARK, { status: 418, headers: { "x-forged": MARK } }),
  "a reply": () => ok({ body: MARK, headers: { "x-forged": MARK } }),
  // A promise's handler of a rejection takes it as it is; nobody may wait for it.
  "a thenable": () => ({
    then: (resolve: (value: unknown) => void) => resolve(ok({ body: MARK })),
  }),
  "a promise": () => Promise.resolve(ok({ body: MARK })),
  "an error whose getters throw": throwingGetters,
  "a proxy that throws": throwingProxy,
  "a revoked proxy": revoked,
  "an error of ours whose status throws": throwingStatus,
  "an error of ours that answers 200": () => ofStatus(200),
  "an error of ours that answers 99": () => ofStatus(99),
  "an error of ours that answers 600": () => ofStatus(600),
  "an error of ours that answers a text": () => ofStatus(MARK),
  "an error of ours that answers an object": () => ofStatus({ valueOf: () => 404 }),
  "an upstream's without detail": () =>
    Object.assign(Object.create(ApplicationResponseError.prototype), {
      message: MARK,
      status: 404,
    }),
  "a suppressed one": () => new SuppressedError(new NotFoundError(MARK), new Error(MARK), MARK),
  "an aggregate of nothing": () => new AggregateError([], MARK),
  "a frozen one": () => Object.freeze(new Error(MARK)),
  "an error in a circle": () => {
    const error = new Error(MARK);
    error.cause = error;
    return error;
  },
  "an abort": () => new DOMException(MARK, "AbortError"),
  "a timeout": () => new DOMException(MARK, "TimeoutError"),
  "a long text": () => new Error(MARK.repeat(200_000)),
  "control characters": () => new Error(`\r\nx-forged: ${MARK}\0\x1b`),
  "a request": () => new Request(`http://${MARK}/`),
  "a class": () => class extends NotFoundError {},
  "a constructor of ours": () => NotFoundError,
  "our prototype without our class": () =>
    Object.create(NotFoundError.prototype, { message: { value: MARK } }),
};

/** A promise of somebody else's make that is rejected, as those of query builders. */
class Lazy {
  constructor(readonly reason: unknown) {}

  then(_: unknown, reject: (reason: unknown) => void): void {
    reject(this.reason);
  }
}

const ways: Readonly<Record<string, (value: unknown) => unknown>> = {
  thrown: (value) => {
    throw value;
  },
  rejected: async (value) => {
    await Promise.resolve();
    throw value;
  },
  lazily: (value) => new Lazy(value),
};

Deno.test("security 20: errors: whatever is thrown is a 500 that says nothing of it, and reaches onError", async (t) => {
  for (const [what, make] of Object.entries(thrown)) {
    await t.step(what, async () => {
      const told: unknown[] = [];
      let current: unknown;
      const failing = service({ onError: (error) => told.push(error) }, [
        get("/:way", ({ path }) => ways[path.way]?.(current)),
      ]);
      await onBothTransports(failing, async (ask) => {
        for (const way of Object.keys(ways)) {
          current = make();
          told.length = 0;
          const response = await ask(`/${way}`);
          const text = await response.text();
          assert.ok(
            response.status === 500 || what === "our prototype without our class",
            `${way}: ${response.status}`,
          );
          assert.equal(response.headers.get("x-forged"), null);
          assert.equal(response.headers.get("location"), null);
          if (response.status === 500) assert.ok(!text.includes(MARK), text);
          assert.ok(!/\bat .*\.ts|node_modules|file:|\/src\//.test(text), text);
          if (response.status !== 500) continue;
          assert.equal(told.length, 1, `${way}: onError`);
          const isCurrent = told[0] === current || Number.isNaN(current);
          assert.ok(isCurrent || what.startsWith("an upstream's"), `${way}: onError`);
        }
      });
    });
  }
});

Deno.test("security 20: errors: one of ours that cannot be read is a 500, and why is told once", async () => {
  const told: unknown[] = [];
  let current: unknown;
  const it = service({ onError: (error) => told.push(error) }, [
    get("/", () => ways["thrown"]?.(current)),
  ]);
  const table = [["message"], ["headers"], ["body"], ["mediaType", "body"], ["status", "message"]];
  for (const names of table) {
    told.length = 0;
    current = withThrowing(...names);
    const response = await it.fetch("http://localhost/");
    assert.equal(response.status, 500, names[0]);
    assert.ok(!(await response.text()).includes(MARK), names[0]);
    assert.equal(told.length, 1, names[0]);
  }
  // One that leads back to itself is read all the same.
  current = inCircle();
  const response = await it.fetch("http://localhost/");
  assert.equal(response.status, 502);
  assert.ok(!(await response.text()).includes(MARK));
});

Deno.test("security 20: errors: problem details say no more than error payloads do", async () => {
  const original = console.error;
  console.error = () => {};
  try {
    for (const problemDetails of [true, "negotiate"] as const) {
      let current: unknown;
      await using server = await serve(() => Promise.reject(current), {
        port: 0,
        host: "127.0.0.1",
        problemDetails,
      });
      for (const [what, make] of Object.entries(thrown)) {
        if (what === "our prototype without our class") continue;
        current = make();
        const headers = { accept: "application/problem+json" };
        const response = await fetch(server.url, { headers });
        assert.equal(response.status, 500, what);
        assert.equal(response.headers.get("content-type"), "application/problem+json", what);
        const { timestamp, ...rest } = await response.json();
        assert.ok(!Number.isNaN(Date.parse(timestamp)));
        assert.deepEqual(rest, {
          type: "about:blank",
          title: "Internal Server Error",
          status: 500,
          instance: "/",
          method: "GET",
        }, what);
      }
    }
  } finally {
    console.error = original;
  }
});

Deno.test("security 20: errors: those of this library keep their causes and stacks to themselves", async () => {
  const cause = new Error(MARK);
  const table: readonly (readonly [HttpError, number])[] = [
    [new NotFoundError("no such album", { cause }), 404],
    [new BadRequestError("no", { cause, body: { message: "no" } }), 400],
    [new InternalServerError("sorry", { cause }), 500],
    [new DefaultStatusCodeError("sorry", { cause }), 500],
    [new HttpError("sorry", { cause }), 500],
  ];
  let current: HttpError = new HttpError();
  const failing = service({ onError: () => {} }, [
    get("/thrown", () => {
      throw current;
    }),
    get("/returned", () => current),
  ]);
  await onBothTransports(failing, async (ask) => {
    for (const [error, status] of table) {
      current = error;
      for (const path of ["/thrown", "/returned"]) {
        const response = await ask(path);
        const text = await response.text();
        assert.equal(response.status, status, error.name);
        assert.ok(
          !text.includes(MARK) && !text.includes(error.name) && !text.includes("stack"),
          text,
        );
      }
    }
  });
});

Deno.test("security 20: errors: a value of the context that does not fit is told to the log alone", async () => {
  const session = contextKey<unknown>("session");
  const told: unknown[] = [];
  const failing = service({ onError: (error) => told.push(error) }, [
    get("/", ({ context }) => {
      context.set(session, MARK);
      return context.getWithType(session, int());
    }),
  ]);
  await onBothTransports(failing, async (ask) => {
    const response = await ask("/");
    assert.equal(response.status, 500);
    const { message } = await response.json();
    assert.equal(message, "type conversion failed for value of key: session");
    const { cause } = told.pop() as Error;
    assert.match(String(cause), /expected int, received "s3cret"/);
  });
});

Deno.test("security 20: errors: what cannot be sent is a 500 that says nothing of it", async () => {
  const cycle: Record<string, unknown> = { [MARK]: 1 };
  cycle["self"] = cycle;
  const used = new Response(MARK);
  await used.text();
  const values: Readonly<Record<string, () => unknown>> = {
    upstream: () => {
      return new ApplicationResponseError("a", {
        statusCode: 99,
        headers: new Headers(),
        body: MARK,
      });
    },
    "network-error": () => Response.error(),
    used: () => used,
    cycle: () => cycle,
    getter: () =>
      Object.defineProperty({}, "a", {
        enumerable: true,
        get: () => ways["thrown"]?.(new Error(MARK)),
      }),
    toJSON: () => ({ toJSON: () => ways["thrown"]?.(new Error(MARK)) }),
    nested: () => ({ a: { toJSON: () => ways["thrown"]?.(new LikeOurs(MARK)) } }),
    error: () => new Error(MARK),
    header: () => ok({ headers: { [`${MARK}\n`]: "a" } }),
    headers: () =>
      ok({ headers: { a: { toString: () => ways["thrown"]?.(new Error(MARK)) } as never } }),
  };
  const told: unknown[] = [];
  const failing = service({ onError: (error) => told.push(error) }, [
    get("/:value", ({ path }) => values[path.value]?.()),
  ]);
  await onBothTransports(failing, async (ask) => {
    for (const name of Object.keys(values)) {
      const before = told.length;
      const response = await ask(`/${name}`);
      assert.equal(response.status, 500, name);
      assert.ok(!(await response.text()).includes(MARK), name);
      assert.equal(told.length, before + 1, name);
    }
  });
});

Deno.test("security 20: errors: a layer and a bare handler that throw are no different", async () => {
  const layer: Layer = () => () => {
    throw new LikeOurs(MARK);
  };
  const rejecting: Layer = () => () => Promise.reject(new LikeOurs(MARK));
  const told: unknown[] = [];
  for (const one of [layer, rejecting]) {
    const layered = service({ layers: [one], onError: (error) => told.push(error) }, []);
    await onBothTransports(layered, async (ask) => {
      const response = await ask("/");
      assert.equal(response.status, 500);
      assert.ok(!(await response.text()).includes(MARK));
    });
  }
  assert.equal(told.length, 2 * (1 + transports.length));
  assert.ok(told.every((error) => error instanceof LikeOurs));
});

Deno.test("security 20: errors: without onError the log gets the cause, and the log's own failure is nobody's", async (t) => {
  const logged: unknown[] = [];
  const original = console.error;
  const failing = service({}, [get("/", () => ways["thrown"]?.(new Error(MARK)))]);
  await t.step("the log gets it", async () => {
    console.error = (value: unknown) => void logged.push(value);
    try {
      const response = await failing.fetch("http://x/");
      assert.ok(!(await response.text()).includes(MARK));
    } finally {
      console.error = original;
    }
    assert.equal(logged.length, 1);
    assert.equal((logged[0] as Error).message, MARK);
  });
  await t.step("a log that fails", async () => {
    console.error = () => {
      throw new Error("the log is full");
    };
    try {
      assert.equal((await failing.fetch("http://x/")).status, 500);
    } finally {
      console.error = original;
    }
  });
  await t.step("an onError that fails", async () => {
    console.error = (value: unknown) => void logged.push(value);
    const onError = (): never => {
      throw new Error("observer");
    };
    const observed = service({ onError }, [get("/", () => ways["thrown"]?.(new Error(MARK)))]);
    try {
      assert.equal((await observed.fetch("http://x/")).status, 500);
    } finally {
      console.error = original;
    }
  });
});

Deno.test("security 20: errors: a bare handler under serve that throws answers 500 without its text", async () => {
  const logged: unknown[] = [];
  const original = console.error;
  console.error = (value: unknown) => void logged.push(value);
  try {
    await using server = await serve(() => Promise.reject(new LikeOurs(MARK)), {
      port: 0,
      host: "127.0.0.1",
    });
    const response = await fetch(server.url);
    assert.equal(response.status, 500);
    assert.ok(!(await response.text()).includes(MARK));
  } finally {
    console.error = original;
  }
  assert.equal(logged.length, 1);
});
