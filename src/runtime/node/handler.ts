/**
 * Answers requests of a server that somebody else has made over Node's modules: `node:http`, `node:https`,
 * the compatibility API of `node:http2`, and frameworks that stand on them.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { TLSSocket } from "node:tls";
import { systemClock } from "../../message/clock.ts";
import type { Connection } from "../../message/connection.ts";
import { refuseRequest, requestFacts } from "./http1_head.ts";
import { Http1Exchange } from "./http1_exchange.ts";
import { lingering } from "./linger.ts";
import { CompatibleExchange } from "../http2/compatible.ts";
import { NodeRequest } from "./request.ts";
import { send } from "./sender.ts";
import { TargetReader } from "./target.ts";

/** A request as a framework may hand it on: with the target it had before the framework cut it. */
interface ForwardedMessage extends IncomingMessage {
  readonly originalUrl?: string;
}

/** What Node's servers call. */
export type NodeListener = (
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
) => void;

/** Answers requests; it never fails. */
export type NodeAnswerer = (
  request: Request,
  connection: Connection,
) => Response | Promise<Response>;

/** Hands requests to what answers them. */
export function nodeListener(answer: NodeAnswerer): NodeListener {
  const plain = new TargetReader(false);
  const secure = new TargetReader(true);
  return (given, response) => {
    if (given.httpVersionMajor === 2) return answerHttp2(given, response, answer);
    answerHttp1(given as IncomingMessage, response as ServerResponse);
  };

  function answerHttp1(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const targets = (socket as Partial<TLSSocket>).encrypted === true ? secure : plain;
    const target = (request as ForwardedMessage).originalUrl ?? request.url ?? "/";
    const facts = requestFacts(request, target, targets);
    if (typeof facts === "number") return refuseRequest(request, response, facts);
    const exchange = new Http1Exchange(request, response, {
      ...facts,
      // Node has said so itself where nobody listens for it.
      expectsContinue: false,
      tls: undefined,
      upgrade: undefined,
    });
    later(answer(new NodeRequest(exchange), exchange), (answered) => {
      const isUnread = exchange.body !== undefined && !request.complete;
      const linger = isUnread ? lingering(request, false, systemClock) : undefined;
      send(response, answered, { closes: isUnread, linger });
    });
  }
}

function answerHttp2(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  answer: NodeAnswerer,
): void {
  const exchange = new CompatibleExchange(
    request as Http2ServerRequest,
    response as Http2ServerResponse,
  );
  later(answer(new NodeRequest(exchange), exchange), (answered) => exchange.send(answered));
}

function later(answered: Response | Promise<Response>, next: (answer: Response) => void): void {
  if (answered instanceof Promise) answered.then(next);
  else next(answered);
}
