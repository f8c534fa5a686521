/** A local double of the part of the API that the client uses, to test against and to try it. */
import {
  array,
  buildLink,
  created,
  get,
  int,
  json,
  noContent,
  notFound,
  ok,
  oneOf,
  optional,
  post,
  put,
  type Reply,
  type Service,
  service,
  string,
  UnauthorizedError,
  unprocessableEntity,
} from "../../mod.ts";
import { z } from "zod";

/** The token that the double knows. */
export const knownToken = "example-token";

const NewIssue = z.object({
  title: z.string(),
  body: z.string().optional(),
  labels: z.array(z.string()).default([]),
});

interface StoredIssue {
  readonly number: number;
  readonly title: string;
  readonly state: "open" | "closed";
  readonly labels: readonly { readonly name: string }[];
}

/** The double, with one repository that was renamed once, and some issues. */
export function githubDouble(): Service {
  const issues: StoredIssue[] = Array.from({ length: 7 }, (_, index) => ({
    number: index + 1,
    title: `Issue ${index + 1}`,
    state: index % 3 === 2 ? "closed" : "open",
    labels: index % 2 === 0 ? [{ name: "bug" }, { name: "good first issue" }] : [],
  }));
  let stars = 42;
  const isKnown = (owner: string, name: string): boolean => owner === "octo" && name === "dancer";
  return service({}, [
    get("/repos/:owner/:name", ({ path }) => {
      if (path.owner === "octo" && path.name === "turner") {
        return new Response(null, { status: 301, headers: { location: "/repos/octo/dancer" } });
      }
      if (!isKnown(path.owner, path.name)) return notFound({ body: { message: "Not Found" } });
      return {
        full_name: "octo/dancer",
        description: null,
        stargazers_count: stars,
        default_branch: "main",
      };
    }),

    get("/repos/:owner/:name/issues", {
      query: {
        state: oneOf(["open", "closed", "all"], { default: "open" }),
        labels: optional(array(string(), { separator: "," })),
        per_page: int({ default: 3 }),
        page: int({ default: 1 }),
      },
    }, ({ query, request }) => {
      const { state, labels = [], per_page: size, page } = query;
      const found = issues.filter((issue) =>
        (state === "all" || issue.state === state) &&
        labels.every((label) => issue.labels.some(({ name }) => name === label))
      );
      const others = request.url.replace(/[?&]page=\d+/, "");
      const next = `${others}${others.includes("?") ? "&" : "?"}page=${page + 1}`;
      const isLast = page * size >= found.length;
      return ok({
        body: found.slice((page - 1) * size, page * size),
        headers: isLast ? {} : { link: buildLink([{ href: next, rel: "next" }]) },
      });
    }),

    post("/repos/:owner/:name/issues", { body: json() }, ({ path, headers, body }) => {
      if (headers.get("authorization") !== `Bearer ${knownToken}`) {
        throw new UnauthorizedError("Requires authentication");
      }
      if (!isKnown(path.owner, path.name)) return notFound({ body: { message: "Not Found" } });
      const given = NewIssue.safeParse(body);
      if (!given.success || given.data.title === "") return refusal();
      const labels = given.data.labels.map((name) => ({ name }));
      const issue: StoredIssue = {
        number: issues.length + 1,
        title: given.data.title,
        state: "open",
        labels,
      };
      issues.push(issue);
      return created({ body: issue });
    }),

    put("/user/starred/:owner/:name", ({ path }) => {
      if (!isKnown(path.owner, path.name)) return notFound({ body: { message: "Not Found" } });
      stars++;
      return noContent();
    }),
  ]);
}

function refusal(): Reply {
  const errors = [{ resource: "Issue", field: "title", code: "missing_field" }];
  return unprocessableEntity({ body: { message: "Validation Failed", errors } });
}
