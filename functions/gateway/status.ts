import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Log } from '../http/log.ts';
import { addressOf, listen } from './listen.ts';

export interface StatusOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** A sentence for each thing that keeps requests from being served; none: ready. */
  readonly problems: () => Promise<readonly string[]>;
  /** In the text format of Prometheus. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
  readonly log: Log;
}

export interface StatusServer {
  readonly url: string;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Enough for probes and a few that collect metrics. */
const mostConnections = 100;

/**
 * Answers GET /livez (the process does something), /readyz (requests can be served, else a sentence for each thing that
 * is in the way) and /metrics, and nothing else. Nobody is asked who they are.
 *
 * @throws Error whose message is a sentence for the operator, when it cannot listen
 */
export async function startStatus(options: StatusOptions): Promise<StatusServer> {
  const { host, port, log } = options;
  const server = createServer((request, response) => void answer(options, request, response));
  server.maxConnections = mostConnections;
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  const listening = await listen(server, host, port, 'KITE_METRICS_PORT');
  server.on('error', (error) => log.error({ err: error }, 'the listening socket of metrics failed'));
  return {
    url: addressOf(host, listening),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  options: StatusOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    send(request, response, await reply(options, request));
  } catch (error) {
    options.log.error({ err: error, path: request.url }, 'a question about the state could not be answered');
    send(request, response, plain(500, 'It could not be answered; the log says why.'));
  }
}

async function reply({ problems, metrics }: StatusOptions, request: IncomingMessage): Promise<Reply> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return plain(405, 'Only GET and HEAD are known here.');
  }
  const [path] = (request.url ?? '/').split('?');
  switch (path) {
    case '/livez':
      return plain(200, 'alive');
    case '/readyz': {
      const found = await problems();
      return found.length === 0 ? plain(200, 'ready') : plain(503, found.join('\n'));
    }
    case '/metrics': {
      const { type, text } = await metrics();
      return { status: 200, type, body: text };
    }
    default:
      return plain(404, 'There are /livez, /readyz and /metrics.');
  }
}

function plain(status: number, sentence: string): Reply {
  return { status, type: 'text/plain; charset=utf-8', body: `${sentence}\n` };
}

function send(request: IncomingMessage, response: ServerResponse, { status, type, body }: Reply): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(status === 405 && { allow: 'GET, HEAD' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
