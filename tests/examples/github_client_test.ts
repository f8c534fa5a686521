/**
 * The GitHub client, used as a program would: against its local double, over a socket and in this
 * process, well and badly.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ClientRequestError, type Fetch, serve } from "@pirouette/http";
import { githubDouble, knownToken } from "../../examples/github_client/double.ts";
import { GitHub, RefusedIssueError } from "../../examples/github_client/github.ts";
import { root } from "../support/source.ts";

Deno.test("github client: reads a repository, also one that was renamed", async () => {
  await using server = await serve(githubDouble(), { host: "127.0.0.1", port: 0 });
  const github = new GitHub({ url: server.url });
  for (const name of ["dancer", "turner"]) {
    const repository = await github.repository("octo", name);
    assert.equal(repository?.full_name, "octo/dancer");
    assert.equal(repository?.stargazers_count, 42);
  }
  assert.equal(await github.repository("octo", "nobody"), undefined);
});

Deno.test("github client: reads issues page by page, only as many as are wanted", async () => {
  const asked: string[] = [];
  const double = githubDouble();
  const fetch: Fetch = (input, init) => {
    asked.push(new URL(input instanceof Request ? input.url : input).search);
    return double.fetch(input, init);
  };
  const github = new GitHub({ fetch });
  const open = await Array.fromAsync(github.issues("octo", "dancer"));
  assert.deepEqual(open.map(({ number }) => number), [1, 2, 4, 5, 7]);
  assert.deepEqual(asked, ["", "?page=2"]);
  const labels = ["bug", "good first issue"];
  const bugs = await Array.fromAsync(github.issues("octo", "dancer", { state: "all", labels }));
  assert.deepEqual(bugs.map(({ number }) => number), [1, 3, 5, 7]);
  assert.deepEqual(bugs[0]?.labels, labels);
  assert.equal(asked[2], "?state=all&labels=bug,good%20first%20issue");
  asked.length = 0;
  for await (const issue of github.issues("octo", "dancer", { pageSize: 1 })) {
    if (issue.number === 2) break;
  }
  assert.deepEqual(asked, ["?per_page=1", "?per_page=1&page=2"]);
});

Deno.test("github client: opens an issue, or says why it cannot", async () => {
  const double = githubDouble();
  const github = new GitHub({ fetch: double.fetch, token: knownToken });
  const issue = await github.openIssue("octo", "dancer", { title: "Dizzy", labels: ["bug"] });
  assert.deepEqual(issue, { number: 8, title: "Dizzy", state: "open", labels: ["bug"] });
  await assert.rejects(github.openIssue("octo", "dancer", { title: "" }), (error) => {
    assert(error instanceof RefusedIssueError);
    assert.equal(error.message, "Validation Failed: title is missing_field");
    return true;
  });
  const stranger = new GitHub({ fetch: double.fetch, token: "another" });
  await assert.rejects(stranger.openIssue("octo", "dancer", { title: "Dizzy" }), (error) => {
    assert(error instanceof Error && !error.message.includes("another"));
    return true;
  });
});

Deno.test("github client: names that lead elsewhere stay names", async () => {
  const asked: string[] = [];
  const github = new GitHub({
    fetch: (input) => {
      asked.push(String(input));
      return Promise.resolve(new Response(null, { status: 404 }));
    },
  });
  assert.equal(await github.repository("octo", "../../user"), undefined);
  assert.deepEqual(asked, ["https://api.github.com/repos/octo/..%2F..%2Fuser"]);
  await assert.rejects(github.repository("octo", ".."), { message: /leads to another place/ });
  await assert.rejects(github.star("", "dancer"), { message: /segment empty/ });
  assert.equal(asked.length, 1);
});

Deno.test("github client: stars, and rejects with the answer where that fails", async () => {
  const github = new GitHub({ fetch: githubDouble().fetch });
  await github.star("octo", "dancer");
  assert.equal((await github.repository("octo", "dancer"))?.stargazers_count, 43);
  await assert.rejects(github.star("octo", "nobody"), { message: "Not starred: 404" });
  const limited = new GitHub({
    fetch: () => Promise.resolve(Response.json({ message: "rate limited" }, { status: 403 })),
  });
  await assert.rejects(limited.repository("octo", "dancer"), (error) => {
    assert(error instanceof ClientRequestError);
    assert.deepEqual(error.detail.statusCode, 403);
    return true;
  });
});

Deno.test("github client: the program shows what it finds", async () => {
  const program = new URL("examples/github_client/main.ts", root);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net=127.0.0.1", "--no-lock", program.pathname],
    cwd: new URL(".", root),
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  assert.equal(
    new TextDecoder().decode(stdout),
    [
      "octo/dancer: 42 stars",
      "#1 Issue 1 [bug, good first issue]",
      "#2 Issue 2 []",
      "#4 Issue 4 []",
      "#5 Issue 5 [bug, good first issue]",
      "#7 Issue 7 [bug, good first issue]",
      "Opened #8",
      "Refused: Validation Failed: title is missing_field",
      "",
    ].join("\n"),
  );
});
