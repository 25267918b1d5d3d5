import { createServer } from 'node:http';
import type { OperationId } from '../../core/contract/operations.ts';
import { KiteError } from '../../core/errors.ts';
import type { Config } from '../config.ts';
import { errorResult } from '../http/errors.ts';
import type { LambdaHandler } from '../http/handler.ts';
import type { Log } from '../http/log.ts';
import { createAnswerer, type Progress, send } from './answer.ts';
import { isArriving, isBounded } from './body.ts';
import { ClientGone, Connections, type Exchange } from './connections.ts';
import { addressOf, listen } from './listen.ts';
import { answerMalformed } from './malformed.ts';
import type { RequestMetrics } from './metrics.ts';

export interface GatewayOptions {
  /** Only the operations that have a handler have a route. */
  readonly handlers: ReadonlyMap<OperationId, LambdaHandler>;
  readonly config: Pick<Config, 'host' | 'port' | 'requestTimeout' | 'shutdownTimeout' | 'maxInFlight'>;
  readonly log: Log;
  /** Told of each request when it is over. */
  readonly metrics?: RequestMetrics;
  /** Whether nobody has to say who they are; so it is when absent. */
  readonly isOpen?: boolean;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** Milliseconds: for the head of a request, for all of it, for the next one on a connection. */
  readonly patience?: { readonly head: number; readonly whole: number; readonly idle: number };
}

export interface Gateway {
  readonly url: string;
  readonly port: number;
  /** Requests at work. */
  readonly inFlight: () => number;
  /** From now on each answer is the last one on its connection, so that clients go elsewhere; all are still served. */
  drain(): void;
  /**
   * Stops listening, cuts idle connections at once, and waits for what is at work within the shutdown timeout; what is
   * left then is cut. Any number of calls is one.
   */
  close(): Promise<void>;
}

/**
 * Serves handlers over HTTP as API Gateway would.
 *
 * Every answer has an `x-request-id` and every error the one format, also for what is not HTTP. A request is logged with
 * one line, without query, headers and body. A request counts as at work until its handler is done, answered or not.
 * @throws Error whose message is a sentence for the operator, when it cannot listen
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, log } = options;
  const patience = options.patience ?? { head: 10_000, whole: 30_000, idle: 65_000 };
  const answer = createAnswerer(
    options.handlers,
    config.requestTimeout,
    options.clock ?? Date.now,
    options.isOpen ?? true,
  );
  const connections = new Connections();
  const running = new Set<Promise<void>>();
  let atWork = 0;
  let isDraining = false;

  const produce: typeof answer = async (exchange, awaitsContinue, progress) => {
    if (atWork > config.maxInFlight) {
      throw busy(config.maxInFlight);
    }
    return answer(exchange, awaitsContinue, progress);
  };
  const handle = async (exchange: Exchange, awaitsContinue: boolean): Promise<void> => {
    const started = performance.now();
    const progress: Progress = {};
    const { request, response, requestId } = exchange;
    const result = await produce(exchange, awaitsContinue, progress).catch((error: unknown) => {
      if (!(error instanceof KiteError || error instanceof ClientGone)) {
        log.error({ err: error, requestId }, 'the gateway failed');
      }
      return errorResult(error, requestId);
    });
    const isUnread = isArriving(request) && (awaitsContinue || !isBounded(request));
    const isLast = isDraining || connections.closing || exchange.cut.isGiven || isUnread;
    await send(exchange, result, isLast, log);
    const status = response.writableFinished ? response.statusCode : undefined;
    const outcome = status === undefined ? { aborted: true } : { status };
    const taken = performance.now() - started;
    const durationMs = Math.round(taken * 10) / 10;
    options.metrics?.answered({
      operation: progress.operation,
      method: request.method,
      status,
      seconds: taken / 1000,
    });
    log.info({ method: request.method, route: progress.route, ...outcome, durationMs, requestId }, 'request');
    exchange.end();
    await progress.handler;
  };
  const accept = async (exchange: Exchange, awaitsContinue: boolean): Promise<void> => {
    atWork += 1;
    const work = handle(exchange, awaitsContinue);
    running.add(work);
    try {
      await work;
    } catch (error) {
      log.error({ err: error, requestId: exchange.requestId }, 'the gateway failed');
      exchange.response.destroy();
      exchange.end();
    } finally {
      running.delete(work);
      atWork -= 1;
    }
  };

  const server = createServer({
    headersTimeout: patience.head,
    requestTimeout: patience.whole,
    keepAliveTimeout: patience.idle,
    connectionsCheckingInterval: Math.min(1_000, Math.max(20, patience.head / 4)),
    requireHostHeader: false,
  });
  // Node would drop what is beyond 2000 headers without a word; their size is limited anyway.
  server.maxHeadersCount = 0;
  // A client that does not read its answer loses its place after this.
  server.timeout = config.requestTimeout + patience.whole;
  server.on('connection', (socket) => connections.add(socket));
  server.on('request', (request, response) => void accept(connections.begin(request, response), false));
  server.on('checkContinue', (request, response) => void accept(connections.begin(request, response), true));
  // RFC 9110 lets a server ignore an expectation that it does not know.
  server.on(
    'checkExpectation',
    (request, response) => void accept(connections.begin(request, response), false),
  );
  server.on('clientError', answerMalformed(connections, log));
  const port = await listen(server, config.host, config.port, 'PORT');
  server.on('error', (error) => log.error({ err: error }, 'the listening socket failed'));

  const close = async (): Promise<void> => {
    const stopped = new Promise((resolve) => server.close(resolve));
    connections.close();
    const isDone = await withinTimeout(config.shutdownTimeout, async () => {
      while (running.size > 0) {
        await Promise.allSettled(running);
      }
      await stopped;
    });
    if (!isDone) {
      const handlers = atWork;
      const requests = connections.destroy();
      log.warn({ requests, handlers }, 'cut what did not finish within the shutdown timeout');
      await stopped;
    }
  };
  let closed: Promise<void> | undefined;
  return {
    url: addressOf(config.host, port),
    port,
    inFlight: () => atWork,
    drain: () => {
      isDraining = true;
    },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function busy(most: number): KiteError {
  return new KiteError('unavailable', {
    message: `${most} requests are at work here already; nothing was written. Send the same request again in a moment.`,
    headers: { 'retry-after': '1' },
  });
}

function withinTimeout(milliseconds: number, work: () => Promise<void>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(false), milliseconds);
    work()
      .then(() => resolve(true), reject)
      .finally(() => clearTimeout(timer));
  });
}
