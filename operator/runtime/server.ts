import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readiness } from './health.ts';
import type { Log } from './log.ts';

export interface StatusServerOptions {
  /** Absent: every address. */
  readonly host: string | undefined;
  /** 0: any free one. */
  readonly port: number;
  readonly readiness: () => Readiness;
  /** In the text format of Prometheus. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
  readonly log: Log;
}

export interface StatusServer {
  readonly port: number;
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
 * Answers GET /healthz (the process does something), /readyz (all that it should, with a sentence for each thing that it
 * does not) and /metrics.
 *
 * @throws Error with a sentence for the operator when the address cannot be listened on
 */
export async function startStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const { host, port } = options;
  const server = createServer((request, response) => {
    void answer(options, request, response);
  });
  server.maxConnections = mostConnections;
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  server.listen({ port, ...(host !== undefined && { host }) });
  try {
    await once(server, 'listening');
  } catch (error) {
    const place = `${host ?? ''}:${port}`;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Health and metrics cannot be served on ${place}, see server.port: ${reason}`, {
      cause: error,
    });
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  options: StatusServerOptions,
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

async function reply({ readiness, metrics }: StatusServerOptions, request: IncomingMessage): Promise<Reply> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return plain(405, 'Only GET and HEAD are known here.');
  }
  const [path] = (request.url ?? '/').split('?');
  switch (path) {
    case '/healthz':
      return plain(200, 'alive');
    case '/readyz': {
      const { isReady, ...rest } = readiness();
      const body = JSON.stringify({ status: isReady ? 'ready' : 'unready', ...rest }, null, 2);
      return { status: isReady ? 200 : 503, type: 'application/json', body: `${body}\n` };
    }
    case '/metrics': {
      const { type, text } = await metrics();
      return { status: 200, type, body: text };
    }
    default:
      return plain(404, 'There are /healthz, /readyz and /metrics.');
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
