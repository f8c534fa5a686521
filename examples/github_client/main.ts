/**
 * Shows a repository and its open issues, read through a double that runs in this program:
 * `deno run --allow-net examples/github_client/main.ts`, or from the real thing:
 * `deno run --allow-net examples/github_client/main.ts denoland deno`.
 */
import { serve } from "../../mod.ts";
import { githubDouble, knownToken } from "./double.ts";
import { GitHub, RefusedIssueError } from "./github.ts";

/** Prints what a client finds. */
async function show(github: GitHub, owner: string, name: string): Promise<void> {
  const repository = await github.repository(owner, name);
  if (repository === undefined) return console.log(`There is no ${owner}/${name}`);
  console.log(`${repository.full_name}: ${repository.stargazers_count} stars`);
  let left = 10;
  for await (const issue of github.issues(owner, name, { state: "open" })) {
    console.log(`#${issue.number} ${issue.title} [${issue.labels.join(", ")}]`);
    if (--left === 0) break;
  }
}

if (import.meta.main) {
  const [owner, name] = Deno.args;
  if (owner !== undefined && name !== undefined) {
    await show(new GitHub(), owner, name);
  } else {
    await using server = await serve(githubDouble(), { host: "127.0.0.1", port: 0 });
    const github = new GitHub({ url: server.url, token: knownToken });
    await show(github, "octo", "turner");
    const opened = await github.openIssue("octo", "dancer", { title: "Dizzy", labels: ["bug"] });
    console.log(`Opened #${opened.number}`);
    await github.openIssue("octo", "dancer", { title: "" }).catch((error) => {
      if (!(error instanceof RefusedIssueError)) throw error;
      console.log(`Refused: ${error.message}`);
    });
  }
}
