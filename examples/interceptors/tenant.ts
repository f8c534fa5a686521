/** Tenants: whose data a request is about. */
import {
  contextKey,
  ForbiddenError,
  type Interceptor,
  interceptor,
  type RequestContext,
  string,
} from "../../mod.ts";

export const plans = ["free", "gold"] as const;

export interface Tenant {
  readonly id: string;
  readonly plan: (typeof plans)[number];
}

/** What a directory of tenants would tell. */
const tenants: ReadonlyMap<string, Tenant> = new Map([
  ["acme", { id: "acme", plan: "gold" }],
  ["initech", { id: "initech", plan: "free" }],
]);

/** The tenant of a request, once {@linkcode tenantOnly} has let it in. */
export const tenant = contextKey<Tenant>("tenant");

/** The tenant of a request that {@linkcode tenantOnly} is for. */
export function tenantOf(context: RequestContext): Tenant {
  const found = context.get(tenant);
  if (found === undefined) throw new Error("No interceptor has looked for a tenant");
  return found;
}

/**
 * Refuses orders without a tenant, and tells the resources behind it which plan the tenant has.
 *
 * The header names a tenant and proves nothing: a real program would check a token first.
 */
export const tenantOnly: Interceptor = interceptor({
  on: { path: "/orders/:rest*" },
  bind: { headers: { "x-tenant": string() } },
  request({ request, headers, context }) {
    const found = tenants.get(headers["x-tenant"]);
    if (found === undefined) throw new ForbiddenError("There is no such tenant");
    context.set(tenant, found);
    const fields = new Headers(request.headers);
    // In place of whatever the client says of its plan.
    fields.set("x-tenant-plan", found.plan);
    return context.next(new Request(request, { headers: fields }));
  },
});
