/**
 * Hooks that leave a trail, so that a test can tell which ran, in which order.
 *
 * Requests cannot be changed here: where a hook of the original library sets a field or a payload,
 * one of these goes on with another request.
 *
 * @module
 */
import { contextKey, type Interceptor, ok, type RequestContext } from "@pirouette/http";

/** The names of the hooks that ran. */
export const trail = contextKey<string[]>("trail");
/** Adds a name to the trail. */
export function mark(context: RequestContext, name: string): void {
  context.set(trail, [...(context.get(trail) ?? []), name]);
}

/** Tells which hooks ran; first in the list, so that its hook runs last. */
export const reveals: Interceptor = {
  response({ response, context }) {
    response.headers.set("trail", (context.get(trail) ?? []).join(" "));
    return context.next();
  },
};

/** Goes on with a request that has a field, and another payload where one is given. */
export function goesOn(name: string, on: Interceptor["on"] = {}, body?: string): Interceptor {
  return {
    on,
    request({ request, context }) {
      mark(context, name);
      const headers = new Headers(request.headers);
      headers.append("via", name);
      return context.next(
        new Request(request, { headers, ...(body === undefined ? {} : { body }) }),
      );
    },
  };
}

/** Lets an answer pass, with its name in a field. */
export function answers(name: string): Interceptor {
  return {
    response({ response, context }) {
      mark(context, name);
      response.headers.append("back", name);
      return context.next();
    },
  };
}

/** A request hook with its name on the trail. */
export function hook(name: string, run: Required<Interceptor>["request"]): Interceptor {
  return {
    request(call) {
      mark(call.context, name);
      return run(call);
    },
  };
}

/** A response hook with its name on the trail. */
export function hookBack(name: string, run: Required<Interceptor>["response"]): Interceptor {
  return {
    response(call) {
      mark(call.context, name);
      return run(call);
    },
  };
}

/** Goes on after an error with its text as the payload. */
export const recovers: Interceptor = {
  requestError({ error, request, context }) {
    mark(context, "recovers");
    return context.next(new Request(request, { body: error.message }));
  },
};

/** Sets the text of the answer to an error, as the uniform errors of a service would. */
export const texts: Interceptor = {
  responseError({ error, response, context }) {
    mark(context, "texts");
    response.headers.set("x-error", error.name);
    return error.message;
  },
};

/** Answers with the payload it got, and tells which request hooks went before. */
export async function echo({ request, context }: { request: Request; context: RequestContext }) {
  mark(context, "resource");
  return ok({
    body: await request.text() || "from the resource",
    headers: { "x-via": request.headers.get("via") ?? "" },
  });
}
