/**
 * A typed client for a part of GitHub's API: what a program of your own would write around
 * `Client`, and no more.
 */
import {
  Client,
  type ClientConfiguration,
  ClientRequestError,
  parseLink,
  path,
} from "../../mod.ts";
import { z } from "zod";
import { Issue, Refusal, Repository } from "./schemas.ts";

/** How to reach the API. */
export interface GitHubOptions extends Pick<ClientConfiguration, "fetch"> {
  /** Where it is. */
  readonly url?: string;
  /** A token, to see and do more than anybody. */
  readonly token?: string;
}

/** Which issues to list. */
export interface IssueFilter {
  /** Whether they are open. */
  readonly state?: "open" | "closed" | "all";
  /** Labels that each of them has. */
  readonly labels?: readonly string[];
  /** How many to ask for at a time. */
  readonly pageSize?: number;
}

/** What an issue is made of. */
export interface NewIssue {
  /** The title. */
  readonly title: string;
  /** The text, in Markdown. */
  readonly body?: string;
  /** The names of its labels. */
  readonly labels?: readonly string[];
}

/** GitHub's API, as far as this program uses it. */
export class GitHub {
  readonly #api: Client;

  /** Makes a client; calls are sent when its methods are called. */
  constructor({ url = "https://api.github.com", token, ...config }: GitHubOptions = {}) {
    this.#api = new Client(url, {
      ...config,
      // A renamed repository answers with a redirect.
      followRedirects: true,
      headers: {
        accept: "application/vnd.github+json",
        "user-agent": "pirouette-example",
        "x-github-api-version": "2022-11-28",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
  }

  /** A repository; `undefined` if there is none, or none that the token may see. */
  async repository(owner: string, name: string): Promise<Repository | undefined> {
    try {
      return await this.#api.get(path`/repos/${owner}/${name}`, { as: Repository });
    } catch (error) {
      if (error instanceof ClientRequestError && error.detail.statusCode === 404) return undefined;
      throw error;
    }
  }

  /** The issues of a repository, asked for page by page as the loop goes on. */
  async *issues(owner: string, name: string, filter: IssueFilter = {}): AsyncGenerator<Issue> {
    const { state, labels, pageSize } = filter;
    let next: string | undefined = path`/repos/${owner}/${name}/issues`;
    let query: Record<string, string | number | readonly string[] | undefined> | undefined = {
      state,
      labels,
      per_page: pageSize,
    };
    while (next !== undefined) {
      const response: Response = await this.#api.get(next, query === undefined ? {} : { query });
      yield* z.array(Issue).parse(await response.json());
      // The next page has its own query; an address elsewhere would be refused.
      next = parseLink(response.headers.get("link")).find(({ rel }) => rel === "next")?.href;
      query = undefined;
    }
  }

  /**
   * Opens an issue.
   *
   * @throws {RefusedIssueError} when the API does not take it.
   */
  async openIssue(owner: string, name: string, issue: NewIssue): Promise<Issue> {
    const target = path`/repos/${owner}/${name}/issues`;
    const reply = await this.#api.post(target, issue, { responses: { 201: Issue, 422: Refusal } });
    if (reply.status === 201) return reply.body;
    const { message, errors } = reply.body;
    const fields = errors.map(({ field, code }) => `${field} is ${code}`).join(", ");
    throw new RefusedIssueError(`${message}: ${fields}`);
  }

  /** Gives a repository the star of whoever the token is of; again changes nothing. */
  async star(owner: string, name: string): Promise<void> {
    const response = await this.#api.put(path`/user/starred/${owner}/${name}`);
    if (!response.ok) throw new Error(`Not starred: ${response.status}`);
  }
}

/** An issue that the API did not take. */
export class RefusedIssueError extends Error {
  override readonly name = "RefusedIssueError";
}
