/**
 * A page that pushes its style sheet and its logo with it: a client that takes them need not ask.
 *
 * @module
 */
import { get, ok, PushPromise, type Service, service } from "../../mod.ts";

const style = ok({ body: "h1 { color: teal }", mediaType: "text/css" });
const logo = ok({ body: "<svg xmlns='http://www.w3.org/2000/svg'/>", mediaType: "image/svg+xml" });
const page = ok({
  body: "<link rel=stylesheet href=/style.css><img src=/logo.svg><h1>Albums</h1>",
  mediaType: "text/html",
});

/** The page and what it needs, which is pushed to clients that take it and fetched by others. */
export const pageService: Service = service({}, [
  get("/", async ({ caller }) => {
    const needed = [
      { promise: new PushPromise("/style.css"), reply: style },
      { promise: new PushPromise("/logo.svg"), reply: logo },
    ];
    const taken = needed.filter(({ promise }) => caller.promise(promise));
    await caller.respond(page);
    // One that a client has at hand already is refused, which is no failure.
    await Promise.allSettled(
      taken.map(({ promise, reply }) => caller.pushPromisedResponse(promise, reply)),
    );
  }),
  get("/style.css", () => style),
  get("/logo.svg", () => logo),
]);
