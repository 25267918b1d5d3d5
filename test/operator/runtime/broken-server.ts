import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

type Report = Readonly<Record<string, unknown>>;

interface Asked {
  /** Counts from 1. */
  readonly number: number;
  readonly headers: IncomingHttpHeaders;
  readonly reports: readonly Report[];
  readonly bytes: number;
  readonly path: string;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What the server does with a report of a batch that it takes. */
type Fate = 'take' | 'refuse' | 'retry';
type Accept = (fateOf?: (report: Report) => Fate) => Answer;

/** `hang up`: closes the connection without an answer; `hang`: never answers. */
type Reaction = Answer | 'hang up' | 'hang';

/** A server that speaks as Kite does, behind a network that does not always work. */
export interface BrokenServer {
  readonly url: string;
  /** What each request is answered with. By default everything is taken. */
  answer: (asked: Asked, accept: Accept) => Reaction | Promise<Reaction>;
  readonly asked: Asked[];
  /** All reports that came, whatever was answered. */
  readonly reports: Report[];
}

export async function startBrokenServer(tls?: {
  readonly key: string;
  readonly cert: string;
}): Promise<BrokenServer> {
  const sockets = new Set<Socket>();
  const broken: BrokenServer = {
    url: '',
    answer: (_, accept) => accept(),
    asked: [],
    reports: [],
  };
  const listener: RequestListener = async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const text = Buffer.concat(pieces).toString();
    const { reports } = JSON.parse(text) as { reports: Report[] };
    const asked = {
      number: broken.asked.length + 1,
      headers: request.headers,
      reports,
      bytes: Buffer.byteLength(text),
      path: request.url ?? '',
    };
    broken.asked.push(asked);
    broken.reports.push(...reports);
    const reaction = await broken.answer(asked, (fateOf = () => 'take') => accept(reports, fateOf));
    if (reaction === 'hang up') {
      request.socket.destroy();
    } else if (reaction !== 'hang') {
      const { status, headers = {}, body = '' } = reaction;
      const content = typeof body === 'string' ? body : JSON.stringify(body);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(content);
    }
  };
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await pause(0);
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(broken, { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}` });
}

function accept(reports: readonly Report[], fateOf: (report: Report) => Fate): Answer {
  const results = reports.map((report, index) => {
    const fate = fateOf(report);
    if (fate === 'take') return { index, status: 'opened', issueId: '00000000-0000-4000-8000-000000000000' };
    const retryable = fate === 'retry';
    const code = retryable ? 'unavailable' : 'invalid_request';
    const details = [{ path: `body.reports.${index}.title`, message: 'is missing' }];
    return { index, status: 'rejected', error: { code, message: 'Not this one.', retryable, details } };
  });
  return { status: 200, body: { results } };
}
