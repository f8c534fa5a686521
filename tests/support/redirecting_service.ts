/**
 * Servers that redirect as they are asked to and tell what reached them.
 *
 * @module
 */
import { any, serve, service } from "@pirouette/http";

/** What a request was when it reached its target. */
export interface Reached {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers `/go?status=&to=` with that redirect, and everything else with {@linkcode Reached}. */
export const redirecting = service({}, [
  any("/go", ({ request }) => {
    const query = new URL(request.url).searchParams;
    const headers = new Headers();
    const to = query.get("to");
    if (to !== null) headers.set("location", to);
    // A body that nobody reads must not keep the connection.
    return new Response(`moved${" ".repeat(100_000)}`, {
      status: Number(query.get("status") ?? 302),
      headers,
    });
  }),
  any("/*", async ({ request }) => {
    const reached: Reached = {
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    };
    return Response.json(reached, { headers: { "x-method": request.method } });
  }),
]);

/** The path that redirects to `to`. */
export function go(to: string, status = 302): string {
  return `/go?${new URLSearchParams({ status: String(status), to })}`;
}

/** Two origins. */
export interface Origins extends AsyncDisposable {
  /** The address of the first, without a slash at its end. */
  readonly near: string;
  /** The address of the second. */
  readonly far: string;
}

/** Starts two servers, which are two origins as their ports differ. */
export async function startOrigins(): Promise<Origins> {
  const options = { port: 0, host: "127.0.0.1" };
  const near = await serve(redirecting, options);
  const far = await serve(redirecting, options);
  return {
    near: `http://127.0.0.1:${near.port}`,
    far: `http://127.0.0.1:${far.port}`,
    async [Symbol.asyncDispose]() {
      await near[Symbol.asyncDispose]();
      await far[Symbol.asyncDispose]();
    },
  };
}
