/** The error tree: every name a program tests for, its status, its code, and what it is kind of. @module */
import assert from "node:assert/strict";
import * as http from "../../mod.ts";

type ErrorClass = new (message: string, ...more: never[]) => http.HttpError;

/** The tree of the specification: each name with its status, under what it is a kind of. */
const tree: readonly (readonly [name: string, parent: string, status: number])[] = [
  ["ListenerError", "HttpError", 500],
  ["InboundRequestError", "ListenerError", 400],
  ["InitializingInboundRequestError", "InboundRequestError", 400],
  ["ReadingInboundRequestHeadersError", "InboundRequestError", 400],
  ["ReadingInboundRequestBodyError", "InboundRequestError", 400],
  ["OutboundResponseError", "ListenerError", 500],
  ["InitializingOutboundResponseError", "OutboundResponseError", 500],
  ["WritingOutboundResponseHeadersError", "OutboundResponseError", 500],
  ["WritingOutboundResponseBodyError", "OutboundResponseError", 500],
  ["Initiating100ContinueResponseError", "OutboundResponseError", 500],
  ["Writing100ContinueResponseError", "OutboundResponseError", 500],
  ["InvalidCookieError", "OutboundResponseError", 500],
  ["GenericListenerError", "ListenerError", 500],
  ["InterceptorReturnError", "ListenerError", 500],
  ["PathParameterBindingError", "ListenerError", 400],
  ["QueryParameterBindingError", "ListenerError", 400],
  ["QueryParameterValidationError", "QueryParameterBindingError", 400],
  ["RequestDispatchingError", "ListenerError", 500],
  ["ServiceDispatchingError", "RequestDispatchingError", 500],
  ["ServiceNotFoundError", "ServiceDispatchingError", 404],
  ["BadMatrixParamError", "ServiceDispatchingError", 400],
  ["ResourceDispatchingError", "RequestDispatchingError", 500],
  ["ResourceNotFoundError", "ResourceDispatchingError", 404],
  ["ResourcePathValidationError", "ResourceDispatchingError", 400],
  ["UnsupportedRequestMediaTypeError", "ResourceDispatchingError", 415],
  ["RequestNotAcceptableError", "ResourceDispatchingError", 406],
  ["ResourceDispatchingServerError", "ResourceDispatchingError", 500],
  ["ListenerAuthError", "ListenerError", 401],
  ["ListenerAuthnError", "ListenerAuthError", 401],
  ["ListenerAuthzError", "ListenerAuthError", 403],
  ["ClientError", "HttpError", 500],
  ["OutboundRequestError", "ClientError", 502],
  ["InboundResponseError", "ClientError", 502],
  ["ClientAuthError", "ClientError", 500],
  ["Http2ClientError", "ClientError", 502],
  ["SslError", "ClientError", 502],
  ["ClientConnectorError", "ClientError", 502],
  ["NoContentError", "ClientError", 500],
  ["GenericClientError", "ClientError", 500],
  ["UnsupportedActionError", "GenericClientError", 500],
  ["MaximumWaitTimeExceededError", "GenericClientError", 503],
  ["CookieHandlingError", "GenericClientError", 500],
  ["StatusCodeResponseBindingError", "ClientError", 500],
  ["ResiliencyError", "ClientError", 503],
  ["FailoverAllEndpointsFailedError", "ResiliencyError", 502],
  ["FailoverActionFailedError", "ResiliencyError", 502],
  ["UpstreamServiceUnavailableError", "ResiliencyError", 503],
  ["AllLoadBalanceEndpointsFailedError", "ResiliencyError", 502],
  ["CircuitBreakerConfigError", "ResiliencyError", 500],
  ["AllRetryAttemptsFailed", "ResiliencyError", 502],
  ["IdleTimeoutError", "ResiliencyError", 504],
  ["LoadBalanceActionError", "ResiliencyError", 502],
  ["HeaderNotFoundError", "HttpError", 500],
  ["HeaderBindingError", "HttpError", 400],
  ["HeaderValidationError", "HeaderBindingError", 400],
  ["PayloadBindingError", "HttpError", 400],
  ["PayloadValidationError", "PayloadBindingError", 400],
  ["MediaTypeBindingError", "HttpError", 400],
  ["MediaTypeValidationError", "MediaTypeBindingError", 400],
];

for (const [name, parent, status] of tree) {
  Deno.test(`errors: ${name} is a ${parent} and answers ${status}`, () => {
    const classes = http as unknown as Record<string, ErrorClass>;
    const cause = new Error("why");
    const error = new (classes[name] as new (m: string, o: ErrorOptions) => http.HttpError)(
      "what",
      { cause },
    );
    assert.ok(error instanceof (classes[parent] as ErrorClass));
    assert.ok(error instanceof Error);
    assert.deepEqual([error.name, error.status, error.message], [name, status, "what"]);
    assert.equal(error.cause, cause);
    // Nothing of its own that a log or a copy would show beside the message.
    assert.deepEqual(Object.keys(error), []);
  });
}

Deno.test("errors: codes are stable constants, one for each name", () => {
  assert.equal(new http.QueryParameterBindingError("").code, "QUERY_PARAMETER_BINDING");
  assert.equal(new http.AllRetryAttemptsFailed("").code, "ALL_RETRY_ATTEMPTS_FAILED");
  const prototypes = Object.values(http)
    .filter((one) => typeof one === "function" && one.prototype instanceof http.HttpError)
    .map((one) => (one as ErrorClass).prototype)
    .filter((prototype) => Object.hasOwn(prototype, "code"));
  assert.ok(prototypes.length > 90);
  assert.equal(new Set(prototypes.map(({ code }) => code)).size, prototypes.length);
  for (const { code } of prototypes) assert.match(code, /^[A-Z0-9_]+$/);
});

Deno.test("errors: an upstream's answer keeps its status, headers and body", () => {
  const detail = { statusCode: 418, headers: new Headers({ a: "b" }), body: { tea: true } };
  const error = new http.ClientRequestError("I am a teapot", detail);
  assert.ok(error instanceof http.ApplicationResponseError);
  assert.deepEqual([error.status, error.detail], [418, detail]);
});

Deno.test("errors: a status code error has its reply's parts; the default one inherits a status", () => {
  const error = new http.NotFoundError("none", { body: { id: 1 }, headers: { a: "b" } });
  assert.deepEqual([error.status, error.body, error.headers], [404, { id: 1 }, { a: "b" }]);
  assert.equal(new http.DefaultStatusCodeError("own", { status: 499 }).status, 499);
  assert.equal(new http.DefaultStatusCodeError("cause's", { cause: error }).status, 404);
  assert.equal(new http.DefaultStatusCodeError("none").status, 500);
});
