/**
 * The typed status replies, one for each status code (spec 2.3.5.1).
 *
 * Each takes `{ body, headers, mediaType }`, all optional, and gives a {@linkcode Reply}. Statuses
 * that never have a body take `headers` alone.
 *
 * @module
 */
import { type BodilessReply, bodilessReply, type StatusReply, statusReply } from "./reply.ts";

/** 100 Continue. */
export const continue_: BodilessReply<100> = bodilessReply(100);
/** 101 Switching Protocols. */
export const switchingProtocols: BodilessReply<101> = bodilessReply(101);
/** 102 Processing. */
export const processing: BodilessReply<102> = bodilessReply(102);
/** 103 Early Hints. */
export const earlyHints: BodilessReply<103> = bodilessReply(103);
/** 200 OK. */
export const ok: StatusReply<200> = statusReply(200);
/** 201 Created. */
export const created: StatusReply<201> = statusReply(201);
/** 202 Accepted. */
export const accepted: StatusReply<202> = statusReply(202);
/** 203 Non-Authoritative Information. */
export const nonAuthoritativeInformation: StatusReply<203> = statusReply(203);
/** 204 No Content. */
export const noContent: BodilessReply<204> = bodilessReply(204);
/** 205 Reset Content. */
export const resetContent: BodilessReply<205> = bodilessReply(205);
/** 206 Partial Content. */
export const partialContent: StatusReply<206> = statusReply(206);
/** 207 Multi-Status. */
export const multiStatus: StatusReply<207> = statusReply(207);
/** 208 Already Reported. */
export const alreadyReported: StatusReply<208> = statusReply(208);
/** 226 IM Used. */
export const imUsed: StatusReply<226> = statusReply(226);
/** 300 Multiple Choices. */
export const multipleChoices: StatusReply<300> = statusReply(300);
/** 301 Moved Permanently. */
export const movedPermanently: StatusReply<301> = statusReply(301);
/** 302 Found. */
export const found: StatusReply<302> = statusReply(302);
/** 303 See Other. */
export const seeOther: StatusReply<303> = statusReply(303);
/** 304 Not Modified. */
export const notModified: BodilessReply<304> = bodilessReply(304);
/** 305 Use Proxy. */
export const useProxy: StatusReply<305> = statusReply(305);
/** 307 Temporary Redirect. */
export const temporaryRedirect: StatusReply<307> = statusReply(307);
/** 308 Permanent Redirect. */
export const permanentRedirect: StatusReply<308> = statusReply(308);
/** 400 Bad Request. */
export const badRequest: StatusReply<400> = statusReply(400);
/** 401 Unauthorized. */
export const unauthorized: StatusReply<401> = statusReply(401);
/** 402 Payment Required. */
export const paymentRequired: StatusReply<402> = statusReply(402);
/** 403 Forbidden. */
export const forbidden: StatusReply<403> = statusReply(403);
/** 404 Not Found. */
export const notFound: StatusReply<404> = statusReply(404);
/** 405 Method Not Allowed. */
export const methodNotAllowed: StatusReply<405> = statusReply(405);
/** 406 Not Acceptable. */
export const notAcceptable: StatusReply<406> = statusReply(406);
/** 407 Proxy Authentication Required. */
export const proxyAuthenticationRequired: StatusReply<407> = statusReply(407);
/** 408 Request Timeout. */
export const requestTimeout: StatusReply<408> = statusReply(408);
/** 409 Conflict. */
export const conflict: StatusReply<409> = statusReply(409);
/** 410 Gone. */
export const gone: StatusReply<410> = statusReply(410);
/** 411 Length Required. */
export const lengthRequired: StatusReply<411> = statusReply(411);
/** 412 Precondition Failed. */
export const preconditionFailed: StatusReply<412> = statusReply(412);
/** 413 Payload Too Large. */
export const payloadTooLarge: StatusReply<413> = statusReply(413);
/** 414 URI Too Long. */
export const uriTooLong: StatusReply<414> = statusReply(414);
/** 415 Unsupported Media Type. */
export const unsupportedMediaType: StatusReply<415> = statusReply(415);
/** 416 Range Not Satisfiable. */
export const rangeNotSatisfiable: StatusReply<416> = statusReply(416);
/** 417 Expectation Failed. */
export const expectationFailed: StatusReply<417> = statusReply(417);
/** 421 Misdirected Request. */
export const misdirectedRequest: StatusReply<421> = statusReply(421);
/** 422 Unprocessable Entity. */
export const unprocessableEntity: StatusReply<422> = statusReply(422);
/** 423 Locked. */
export const locked: StatusReply<423> = statusReply(423);
/** 424 Failed Dependency. */
export const failedDependency: StatusReply<424> = statusReply(424);
/** 425 Too Early. */
export const tooEarly: StatusReply<425> = statusReply(425);
/** 426 Upgrade Required. */
export const upgradeRequired: StatusReply<426> = statusReply(426);
/** 428 Precondition Required. */
export const preconditionRequired: StatusReply<428> = statusReply(428);
/** 429 Too Many Requests. */
export const tooManyRequests: StatusReply<429> = statusReply(429);
/** 431 Request Header Fields Too Large. */
export const requestHeaderFieldsTooLarge: StatusReply<431> = statusReply(431);
/** 451 Unavailable For Legal Reasons. */
export const unavailableForLegalReasons: StatusReply<451> = statusReply(451);
/** 500 Internal Server Error. */
export const internalServerError: StatusReply<500> = statusReply(500);
/** 501 Not Implemented. */
export const notImplemented: StatusReply<501> = statusReply(501);
/** 502 Bad Gateway. */
export const badGateway: StatusReply<502> = statusReply(502);
/** 503 Service Unavailable. */
export const serviceUnavailable: StatusReply<503> = statusReply(503);
/** 504 Gateway Timeout. */
export const gatewayTimeout: StatusReply<504> = statusReply(504);
/** 505 HTTP Version Not Supported. */
export const httpVersionNotSupported: StatusReply<505> = statusReply(505);
/** 506 Variant Also Negotiates. */
export const variantAlsoNegotiates: StatusReply<506> = statusReply(506);
/** 507 Insufficient Storage. */
export const insufficientStorage: StatusReply<507> = statusReply(507);
/** 508 Loop Detected. */
export const loopDetected: StatusReply<508> = statusReply(508);
/** 510 Not Extended. */
export const notExtended: StatusReply<510> = statusReply(510);
/** 511 Network Authentication Required. */
export const networkAuthenticationRequired: StatusReply<511> = statusReply(511);
