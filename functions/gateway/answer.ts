import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyResult } from 'aws-lambda';
import type { OperationId } from '../../core/contract/operations.ts';
import { KiteError } from '../../core/errors.ts';
import { errorResult } from '../http/errors.ts';
import type { LambdaHandler } from '../http/handler.ts';
import type { Log } from '../http/log.ts';
import { isLoopback } from '../loopback.ts';
import { checkLength, drain, isArriving, readBody } from './body.ts';
import type { Exchange } from './connections.ts';
import { type Reply, splitTarget, toEvent, toReply } from './event.ts';
import type { Notice } from './notice.ts';
import { createRouter } from './router.ts';

/** How long a client that is refused may go on sending, and one whose request is broken. */
const drainMilliseconds = { refused: 5_000, broken: 500 };

/** What is known of a request while it is worked on. */
export interface Progress {
  route?: string;
  /** Absent where the request asks for none that there is. */
  operation?: OperationId;
  /** Settles when the handler's work has; it may do so long after the request was answered. */
  handler?: Promise<unknown>;
}

/** Finds the handler, reads the body, and asks the handler within the deadline. */
export type Answerer = (
  exchange: Exchange,
  awaitsContinue: boolean,
  progress: Progress,
) => Promise<APIGatewayProxyResult>;

/** @param isOpen whether nobody has to say who they are */
export function createAnswerer(
  handlers: ReadonlyMap<OperationId, LambdaHandler>,
  deadline: number,
  clock: () => number,
  isOpen: boolean,
): Answerer {
  const route = createRouter(handlers.keys());
  return async ({ request, response, requestId, gone, cut }, awaitsContinue, progress) => {
    requireHost(request);
    if (isOpen) {
      refuseForeignOrigin(request);
    }
    const match = route(request.method ?? 'GET', splitTarget(request.url ?? '/').path);
    progress.route = match.route;
    if (match.operation === undefined) {
      return { statusCode: 204, headers: { allow: match.allow }, body: '' };
    }
    const handler = handlers.get(match.operation);
    if (handler === undefined) {
      throw new KiteError('route_not_found');
    }
    progress.operation = match.operation;
    checkLength(request);
    if (awaitsContinue) {
      response.writeContinue();
    }
    const body = await readBody(request, cut);
    const arrival = { requestId, received: clock(), resource: match.route, pathParameters: match.params };
    const end = performance.now() + deadline;
    const work = handler(toEvent(request, body, arrival), {
      awsRequestId: requestId,
      getRemainingTimeInMillis: () => Math.max(0, Math.ceil(end - performance.now())),
      onWork: (inner) => {
        progress.handler = inner.catch(() => undefined);
      },
    });
    progress.handler = work.catch(() => undefined);
    return within(deadline, gone, work);
  };
}

/** RFC 9112 asks for 400 here; Node's own check would answer it outside of the one error format. */
function requireHost(request: IncomingMessage): void {
  if (request.httpVersion === '1.1' && request.headers.host === undefined) {
    throw new KiteError('invalid_request', {
      problems: [{ path: 'headers.host', message: 'is missing; HTTP/1.1 requires it' }],
    });
  }
}

const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * While nobody has to say who they are, a page of another site must not write through the browser of whoever
 * visits it. Programs send no `Origin`; browsers always do with what may write. Where everybody has to, a browser adds
 * no token by itself, and a console's own pages come with the console's origin.
 */
function refuseForeignOrigin(request: IncomingMessage): void {
  const { origin } = request.headers;
  if (origin === undefined || safe.has(request.method ?? '')) {
    return;
  }
  if (!URL.canParse(origin) || !isLoopback(new URL(origin).hostname.replace(/^\[|\]$/g, ''))) {
    throw new KiteError('foreign_origin');
  }
}

/** Waits no longer than the deadline, and only as long as somebody waits for the answer. */
function within<T>(milliseconds: number, gone: Notice, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(gone.reason);
    const timer = setTimeout(() => {
      const message = `There was no answer within ${milliseconds} ms; what was asked for may have been done or not. Send the same request again.`;
      reject(new KiteError('unavailable', { message, headers: { 'retry-after': '1' } }));
    }, milliseconds);
    gone.on(leave);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      gone.off(leave);
    });
  });
}

/**
 * Sends a result, unless the client is gone, and waits until it is sent or cannot be.
 *
 * @param isLast closes the connection after it, but not before the client had time to read it
 */
export async function send(
  exchange: Exchange,
  result: APIGatewayProxyResult,
  isLast: boolean,
  log: Log,
): Promise<void> {
  const { response, requestId, gone } = exchange;
  if (gone.isGiven) {
    return;
  }
  const closed = new Promise<void>((resolve) => {
    response.once('close', resolve);
    gone.on(resolve);
  });
  try {
    await write(exchange, toReply(result), isLast);
  } catch (error) {
    log.error({ err: error, requestId }, 'a handler gave a result that HTTP cannot carry');
    for (const name of response.getHeaderNames()) {
      response.removeHeader(name);
    }
    await write(exchange, toReply(errorResult(error, requestId)), isLast);
  }
  await closed;
}

async function write(exchange: Exchange, reply: Reply, isLast: boolean): Promise<void> {
  const { request, response, requestId, gone, cut } = exchange;
  for (const [name, value] of reply.headers) {
    response.setHeader(name, value);
  }
  response.setHeader('x-request-id', requestId);
  if (isLast) {
    response.setHeader('connection', 'close');
  }
  response.writeHead(reply.status);
  const body = request.method === 'HEAD' ? '' : reply.body;
  if (isLast && isArriving(request)) {
    // All of the answer, but not its end: that would reset a connection on which data still comes.
    response.flushHeaders();
    if (body.length > 0) {
      response.write(body);
    }
    await drain(request, cut.isGiven ? drainMilliseconds.broken : drainMilliseconds.refused, gone);
    response.end();
  } else {
    response.end(body);
  }
}
