/**
 * What the original library's own tests hold of its load balance client (spec 2.4.1.7), and of payloads
 * that a gateway passes on through each of its resilient clients.
 */
import assert from "node:assert/strict";
import {
  AllLoadBalanceEndpointsFailedError,
  Client,
  FailoverClient,
  json,
  LoadBalanceClient,
  type LoadBalanceClientConfiguration,
  post,
  serve,
  service,
  text,
  Xml,
  xml,
} from "@pirouette/http";
import { roundRobin } from "@pirouette/http/layers";
import { faultFetch, VirtualClock } from "@pirouette/http/testing";

function mock(number: number): string {
  return `http://localhost:8093/LBMock${number}`;
}

/** The original's services: those from 4 on take 5 s, and a target has 2 s. */
function balanced(config: Omit<LoadBalanceClientConfiguration, "clock">) {
  const clock = new VirtualClock();
  const backend = faultFetch(({ url }) => {
    const number = Number(/LBMock(\d)/.exec(url)?.[1]);
    return { latency: number < 4 ? 0 : 5_000, body: `Mock${number} Resource is Invoked.` };
  }, { clock });
  const api = new LoadBalanceClient({
    rule: roundRobin(),
    ...(config.failover === false ? {} : { methods: ["POST"] }),
    timeout: { headers: 2_000, clock },
    fetch: backend.fetch,
    clock,
    ...config,
  });
  const call = async (): Promise<string> => {
    const answer = api.post("/", { name: "Ballerina" }, { as: text() });
    const ended = answer.catch((error: Error) => `${error.name}: ${error.message}`);
    await clock.advance(10_000);
    return await ended;
  };
  return { api, backend, call, clock };
}

Deno.test("original load balance: what calls are answered by, one after the other", async () => {
  const idle = "Idle timeout triggered before initiating inbound response";
  const all = `AllLoadBalanceEndpointsFailedError: All the load balance endpoints failed. ` +
    `Last error was: ${idle}`;
  const answers = (...numbers: readonly number[]): string[] =>
    numbers.map((number) => `Mock${number} Resource is Invoked.`);
  const [one, two, three, four, five] = [1, 2, 3, 4, 5].map(mock) as [string, ...string[]];
  const from = (start: number) => ({ length }: { readonly length: number }) => start++ % length;
  const table: readonly (readonly [LoadBalanceClientConfiguration, readonly string[]])[] = [
    [{ targets: [one, two!, three!] }, answers(1, 2, 3, 1)],
    [{ targets: [four!, two!, three!] }, answers(2, 3, 2)],
    [{ targets: [four!, five!] }, [all, all]],
    [{ targets: [one, two!, three!], rule: from(2) }, answers(3, 1, 2, 3)],
    [{ targets: [one, two!, three!], rule: { getNextClient: from(2) } }, answers(3, 1, 2, 3)],
    [{ targets: [one] }, answers(1, 1)],
    [{ targets: [four!] }, [all]],
    [{ targets: [four!, two!], failover: false }, [`IdleTimeoutError: ${idle}`, ...answers(2)]],
  ];
  for (const [config, expected] of table) {
    const { api, call, clock } = balanced(config);
    const seen: string[] = [];
    for (const _ of expected) seen.push(await call());
    assert.deepEqual(seen, expected);
    assert.ok(api.balancer.targets.every(({ outstanding }) => outstanding === 0));
    assert.equal(clock.pendingTimers, 0);
  }
});

Deno.test("original load balance: the errors of all targets are kept, and the body goes to each", async () => {
  const { api, backend, clock } = balanced({ targets: [mock(4), mock(5)] });
  const failed = api.post("/", { name: "Ballerina" }).then(() => undefined, (error) => error);
  await clock.advance(10_000);
  const error = await failed;
  assert.ok(error instanceof AllLoadBalanceEndpointsFailedError);
  assert.ok(error.cause instanceof AggregateError);
  assert.deepEqual(error.cause.errors.map(({ name }) => name), [
    "IdleTimeoutError",
    "IdleTimeoutError",
  ]);
  for (const { text } of backend.calls) assert.equal(text, '{"name":"Ballerina"}');
});

Deno.test("original load balance: an error of the rule is what the call ends with", async () => {
  const message = "Provided index is doesn't match with the targets.";
  const { backend, call } = balanced({
    targets: [mock(1), mock(2)],
    rule: () => {
      throw new AllLoadBalanceEndpointsFailedError(message);
    },
  });
  assert.equal(await call(), `AllLoadBalanceEndpointsFailedError: ${message}`);
  assert.equal(backend.count, 0);
});

Deno.test("original resiliency: each client passes requests and payloads on, over sockets", async () => {
  const echo = service({}, [
    post("/echo", ({ request }) =>
      new Response(request.body, {
        headers: { "content-type": request.headers.get("content-type") ?? "" },
      })),
  ]);
  const options = { port: 0, host: "127.0.0.1" };
  await using backend = await serve(echo, options);
  const gone = await serve(echo, options);
  await gone.immediateStop();
  await using retrying = new Client(backend.url, { retry: { count: 3, interval: 10 } });
  await using spread = new LoadBalanceClient({ targets: [backend.url], timeout: 5_000 });
  await using inTurn = new FailoverClient({
    targets: [gone.url, backend.url],
    failoverCodes: [501, 502, 503],
    timeout: 5_000,
  });
  await using following = new Client(backend.url, { followRedirects: { maxCount: 5 } });
  const clients = { retrying, spread, inTurn, following };
  const gateway = service(
    {},
    Object.entries(clients).flatMap(([name, api]) => [
      post(`/${name}/request`, ({ request }) => api.forward("/echo", request)),
      post(
        `/${name}/message`,
        async ({ request }) =>
          await api.execute("POST", "/echo", request.body, {
            mediaType: request.headers.get("content-type") ?? "",
          }),
      ),
    ]),
  );
  await using front = await serve(gateway, options);
  await using caller = new Client(front.url);
  const list = [{ name: "John", age: 30, address: ["Colombo", "Sri Lanka"] }];
  const markup = new Xml({ message: "Hello World" });
  for (const name of Object.keys(clients)) {
    for (const way of ["request", "message"]) {
      const path = `/${name}/${way}`;
      assert.equal(await caller.post(path, "Hello World", { as: text() }), "Hello World", path);
      assert.deepEqual(await caller.post(path, list, { as: json() }), list, path);
      const back = await caller.post(path, markup, { as: xml() });
      assert.deepEqual(JSON.parse(JSON.stringify(back)), { message: "Hello World" }, path);
    }
  }
  assert.equal(inTurn.getSucceededEndpointIndex(), 1);
});
