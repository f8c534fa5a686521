/**
 * `client.fetch` in the place of the fetch that other libraries take: they get what they expect, and
 * what the client is configured to do happens to their calls.
 *
 * @module
 */
import assert from "node:assert/strict";
import { request as octokitRequest } from "@octokit/request";
import * as oauth from "oauth4webapi";
import createOpenApiClient from "openapi-fetch";
import {
  Client,
  created,
  form,
  get,
  json,
  type Layer,
  notFound,
  ok,
  post,
  type RunningServer,
  serve,
  service,
} from "@pirouette/http";

/** An API as these libraries know it: of repositories, and of tokens. */
async function startApi(): Promise<RunningServer> {
  const repository = { id: 1, full_name: "octo/hello world" };
  const isKnown = (headers: Headers): boolean => headers.get("authorization") === "Bearer t0k3n";
  const api = service({}, [
    get(
      "/repos/:owner/:repo",
      ({ path, headers }) =>
        path.owner === "octo" && isKnown(headers)
          ? { ...repository, agent: headers.get("user-agent") }
          : notFound({ body: { message: "Not Found" } }),
    ),
    get("/old/:owner/:repo", ({ path }) =>
      new Response(null, {
        status: 301,
        headers: { location: `/repos/${path.owner}/${encodeURIComponent(path.repo)}` },
      })),
    post("/repos/:owner/:repo/issues", { body: json() }, ({ body }) => created({ body })),
    get("/.well-known/oauth-authorization-server", ({ request }) => {
      const issuer = new URL(request.url).origin;
      return { issuer, token_endpoint: `${issuer}/token` };
    }),
    post("/token", { body: form() }, ({ body, headers }) => {
      assert.equal(body["grant_type"], "client_credentials");
      assert.match(headers.get("authorization") ?? "", /^Basic /);
      return ok({ body: { access_token: "t0k3n", token_type: "Bearer", expires_in: 60 } });
    }),
  ]);
  return await serve(api, { port: 0 });
}

/** A client that authorizes its calls, follows redirects and counts what it sends. */
function startClient({ url }: RunningServer): { api: Client; sent: string[] } {
  const sent: string[] = [];
  const counted: Layer = (next) => (input, init) => {
    sent.push(new URL(input instanceof Request ? input.url : input).pathname);
    return next(input, init);
  };
  const api = new Client(url, {
    fetch: counted(globalThis.fetch),
    followRedirects: true,
    headers: { authorization: "Bearer t0k3n", "user-agent": "drop-in/1" },
  });
  return { api, sent };
}

/** What openapi-typescript makes of a description of the API. */
interface Paths {
  "/repos/{owner}/{repo}": {
    get: {
      parameters: { path: { owner: string; repo: string } };
      responses: {
        200: { content: { "application/json": { full_name: string; agent: string } } };
        404: { content: { "application/json": { message: string } } };
      };
    };
  };
  "/old/{owner}/{repo}": Paths["/repos/{owner}/{repo}"];
  "/repos/{owner}/{repo}/issues": {
    post: {
      parameters: { path: { owner: string; repo: string } };
      requestBody: { content: { "application/json": { title: string } } };
      responses: { 201: { content: { "application/json": { title: string } } } };
    };
  };
}

Deno.test("drop-in: openapi-fetch calls through a client", async () => {
  await using server = await startApi();
  const { api, sent } = startClient(server);
  const github = createOpenApiClient<Paths>({ baseUrl: api.url, fetch: api.fetch });
  const path = { owner: "octo", repo: "hello world" };
  const { data } = await github.GET("/repos/{owner}/{repo}", { params: { path } });
  assert.equal(data?.full_name, "octo/hello world");
  assert.equal(data?.agent, "drop-in/1");
  const { error, response } = await github.GET("/repos/{owner}/{repo}", {
    params: { path: { owner: "nobody", repo: "x" } },
  });
  assert.equal(response.status, 404);
  assert.equal(error?.message, "Not Found");
  const moved = await github.GET("/old/{owner}/{repo}", { params: { path } });
  assert.equal(moved.data?.full_name, "octo/hello world");
  const issue = await github.POST("/repos/{owner}/{repo}/issues", {
    params: { path },
    body: { title: "Broken" },
  });
  assert.equal(issue.data?.title, "Broken");
  assert.equal(sent.length, 5);
});

Deno.test("drop-in: @octokit/request calls through a client", async () => {
  await using server = await startApi();
  const { api, sent } = startClient(server);
  const request = octokitRequest.defaults({ baseUrl: api.url, request: { fetch: api.fetch } });
  const { data, status } = await request("GET /repos/{owner}/{repo}", {
    owner: "octo",
    repo: "hello world",
  });
  assert.equal(status, 200);
  assert.equal(data.full_name, "octo/hello world");
  await assert.rejects(request("GET /repos/{owner}/{repo}", { owner: "nobody", repo: "x" }), {
    name: "HttpError",
    status: 404,
  });
  const issue = await request("POST /repos/{owner}/{repo}/issues", {
    owner: "octo",
    repo: "hello",
    title: "Broken",
  });
  assert.equal(issue.status, 201);
  assert.equal(issue.data.title, "Broken");
  assert.equal(sent.length, 3);
});

Deno.test("drop-in: oauth4webapi calls through a client", async () => {
  await using server = await startApi();
  const { api, sent } = startClient(server);
  const issuer = new URL(server.url);
  const options = {
    // With exactOptionalPropertyTypes the library's type takes no fetch at all, the global one included.
    [oauth.customFetch]: api.fetch as (url: string, init: object) => Promise<Response>,
    [oauth.allowInsecureRequests]: true,
  };
  const discovered = await oauth.discoveryRequest(issuer, { ...options, algorithm: "oauth2" });
  const authorizationServer = await oauth.processDiscoveryResponse(issuer, discovered);
  const client: oauth.Client = { client_id: "me" };
  const answered = await oauth.clientCredentialsGrantRequest(
    authorizationServer,
    client,
    oauth.ClientSecretBasic("s3cret"),
    { scope: "read" },
    options,
  );
  const token = await oauth.processClientCredentialsResponse(
    authorizationServer,
    client,
    answered,
  );
  assert.equal(token.access_token, "t0k3n");
  const resource = await oauth.protectedResourceRequest(
    token.access_token,
    "GET",
    new URL("/repos/octo/x", issuer),
    undefined,
    undefined,
    options,
  );
  assert.equal((await resource.json()).full_name, "octo/hello world");
  assert.deepEqual(sent, ["/.well-known/oauth-authorization-server", "/token", "/repos/octo/x"]);
});
