/**
 * A service: resources under a base path that answer requests together (spec 2.2).
 *
 * @module
 */
import { asRequest, type Fetch } from "../message/fetch.ts";
import { checkOptions, ownOptions } from "../message/options.ts";
import { isConnection } from "../message/connection.ts";
import { checkProblemDetails } from "./problem_details.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Mount } from "./mount.ts";
import type { Resource } from "./resource.ts";
import type { Service, ServiceConfig } from "./service_config.ts";

const serviceOptions: Readonly<Record<keyof ServiceConfig, true>> = {
  basePath: true,
  host: true,
  layers: true,
  interceptors: true,
  cors: true,
  compression: true,
  problemDetails: true,
  mediaTypeSubtypePrefix: true,
  treatNilableAsOptional: true,
  laxDataBinding: true,
  validation: true,
  maxEntityBodySize: true,
  onError: true,
};

/**
 * Makes a service of resources.
 *
 * @throws {TypeError} when an option is unknown or contradicts another, a path template or base path is
 * malformed, an interceptor is declared wrongly, or two resources of one method match the same paths.
 * @throws {GenericListenerError} when a link between resources cannot be resolved.
 *
 * @example
 * ```ts
 * import { get, service } from "@pirouette/http";
 *
 * const greeter = service({ basePath: "/v1" }, [
 *   get("/hello/:name", ({ path }) => `Hello, ${path.name}`),
 * ]);
 * const response = await greeter.fetch("http://localhost/v1/hello/Ada");
 * ```
 */
export function service(config: ServiceConfig, resources: readonly Resource[]): Service {
  checkOptions("A service", config, serviceOptions);
  const self: Service = { config, resources, fetch: (input, init) => answer(input, init) };
  checkProblemDetails("A service", ownOptions(config).problemDetails);
  const dispatcher = new Dispatcher([new Mount(self, ownOptions(config).basePath ?? "/")]);
  const answer: Fetch = async (input, init) => {
    // `deno serve` passes what it knows of the connection where fetch takes an init.
    if (init !== undefined && isConnection(init)) {
      return await dispatcher.handle(asRequest(input), init);
    }
    return await dispatcher.handle(asRequest(input, init), undefined);
  };
  return self;
}
