/**
 * Links between the resources of a service (spec 7.2): `name` and `linkedTo`, resolved once, when
 * the service is attached.
 *
 * Links are static. Their targets are path templates (`/orders/{id}`) that a client fills in;
 * nothing of a request goes into them.
 *
 * @module
 */
import { buildLink, type Link } from "../message/link.ts";
import { GenericListenerError } from "../message/listener_errors.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { canonicalPattern } from "./canonical_path.ts";
import { linkHref } from "./link_href.ts";
import { linkTypes } from "./link_types.ts";
import { pathPattern } from "./path_pattern.ts";
import type { LinkedTo, Resource, Spec } from "./resource.ts";
import type { Links, ResourceLinks } from "./resource_links.ts";

/** What the default accessor stands for, in the order of the original library. */
const anyMethod = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];

const linkedToOptions: Readonly<Record<keyof LinkedTo, true>> = {
  name: true,
  relation: true,
  method: true,
};

/**
 * The links of each resource that has any, for a service at `basePath`.
 *
 * @param subtypePrefix the service's `mediaTypeSubtypePrefix`.
 * @throws {GenericListenerError} when a name stands for several paths, a list has a relation twice,
 * no resource has the name and method of a link, a link without a method could mean several
 * resources, or a link cannot be written as a header field.
 * @throws {TypeError} when a link has an unknown field, or one that is no text.
 */
export function resolveLinks(
  basePath: string,
  resources: readonly Resource[],
  subtypePrefix?: string,
): ReadonlyMap<Resource, ResourceLinks> {
  const named = byName(resources);
  const resolved = new Map<Resource, ResourceLinks>();
  for (const resource of resources) {
    const { linkedTo = [] } = ownOptions(resource.spec as Spec);
    if (linkedTo.length === 0) continue;
    const links: Record<string, Link> = Object.create(null);
    for (const given of linkedTo) {
      const { name, relation, method } = readLinkedTo(resource, given);
      const target = find(named.get(name) ?? [], name, method);
      if (relation in links) {
        throw failure(`cannot duplicate resource link relation: '${relation}'`);
      }
      links[relation] = toLink(basePath, target, subtypePrefix);
    }
    resolved.set(resource, { links: Object.freeze(links), header: toHeader(links) });
  }
  return resolved;
}

/** The resources of each name, in lower case. */
function byName(resources: readonly Resource[]): Map<string, Resource[]> {
  const named = new Map<string, Resource[]>();
  for (const resource of resources) {
    const { name } = ownOptions(resource.spec as Spec);
    if (name === undefined) continue;
    if (typeof name !== "string" || name === "") throw notText(resource, "name", name);
    const key = name.toLowerCase();
    const others = named.get(key);
    if (others === undefined) named.set(key, [resource]);
    else {
      if (others.some((other) => shapeOf(other) !== shapeOf(resource))) {
        throw failure(
          `cannot duplicate resource link name: '${name}' unless they have the same path`,
        );
      }
      others.push(resource);
    }
  }
  return named;
}

/** Equal for paths that differ in nothing but the names of their parameters. */
function shapeOf(resource: Resource): string {
  return pathPattern(canonicalPattern(resource.pathname)).shape;
}

/** A link as it was given, its default filled in, in the case in which it is looked up. */
function readLinkedTo(
  resource: Resource,
  given: LinkedTo,
): { readonly name: string; readonly relation: string; readonly method: string | undefined } {
  checkOptions(`A link of ${resource.method} ${resource.pathname}`, given, linkedToOptions);
  const { name, relation = "self", method } = ownOptions(given);
  for (const [key, value] of Object.entries({ name, relation, method: method ?? "GET" })) {
    if (typeof value !== "string" || value === "") {
      throw notText(resource, `linkedTo ${key}`, value);
    }
  }
  return {
    name: name.toLowerCase(),
    relation: relation.toLowerCase(),
    method: method?.toUpperCase(),
  };
}

/** The resource that a link means; of one method the default accessor is meant only if need be. */
function find(candidates: readonly Resource[], name: string, method: string | undefined): Resource {
  if (method === undefined && candidates.length > 1) {
    throw failure(`cannot resolve resource link name: '${name}' since multiple occurrences found`);
  }
  const found = method === undefined
    ? candidates[0]
    : candidates.find((one) => one.method.toUpperCase() === method) ??
      candidates.find((one) => one.method === "*");
  if (found !== undefined) return found;
  const what = method === undefined ? "resource" : `${method} resource`;
  throw failure(`cannot find ${what} with resource link name: '${name}'`);
}

function toLink(basePath: string, target: Resource, subtypePrefix: string | undefined): Link {
  const { method } = target;
  const methods = method === "*" ? [...anyMethod] : [method.toUpperCase()];
  const types = linkTypes(ownOptions(target.spec as Spec), subtypePrefix);
  return Object.freeze({
    href: linkHref(basePath, canonicalPattern(target.pathname)),
    ...(types.length > 0 && { types: Object.freeze(types) }),
    methods: Object.freeze(methods),
  });
}

function toHeader(links: Links): string {
  try {
    return buildLink(Object.entries(links).map(([rel, link]) => ({ ...link, rel })));
  } catch (cause) {
    throw failure(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function failure(why: string, options?: ErrorOptions): GenericListenerError {
  return new GenericListenerError(`resource link generation failed: ${why}`, options);
}

function notText(resource: Resource, what: string, value: unknown): TypeError {
  return new TypeError(
    `Cannot link ${resource.method} ${resource.pathname}: its ${what} is ${
      value === "" ? "empty" : typeof value
    }, give a text`,
  );
}
