import { connect } from 'node:net';
import { type Dispatcher, Pool } from 'undici';
import type { Message } from './messages.ts';
import { failed, type Outcome, type Sender } from './sender.ts';

/** What a batch may not be told: each of its reports is new, sound and in time. */
const refused = /"status":"(rejected|duplicate|stale)"/;

/** Longer than any answer should take. */
const patience = 60_000;

/**
 * Sends over so many kept connections, one request at a time on each.
 *
 * @param url of the server; what follows the host stands before every path
 * @param token of each request, if any
 */
export function httpSender(url: string, connections: number, token: string | undefined): Sender {
  const { origin, hostname, port, pathname } = new URL(url);
  const prefix = pathname.replace(/\/$/, '');
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    keepAliveTimeout: 60_000,
    headersTimeout: patience,
    bodyTimeout: patience,
  });
  const bare = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const json = { ...bare, 'content-type': 'application/json' };
  return {
    send: (message) =>
      new Promise((resolve) => {
        const chunks: Buffer[] = [];
        let status = 0;
        pool.dispatch(
          {
            method: message.method as Dispatcher.HttpMethod,
            path: prefix + message.path,
            headers: message.body === undefined ? bare : json,
            body: message.body ?? null,
          },
          {
            onRequestStart: () => undefined,
            onResponseStart(_controller, code) {
              status = code;
            },
            onResponseData(_controller, chunk) {
              chunks.push(chunk);
            },
            onResponseEnd() {
              resolve(judge(message, status, chunks));
            },
            onResponseError(_controller, error) {
              resolve(failed(error));
            },
          },
        );
      }),
    cutOff: (message) => cutOff(hostname, Number(port || 80), { ...message, path: prefix + message.path }),
    close: () => pool.close(),
  };
}

function judge(message: Message, status: number, chunks: readonly Buffer[]): Outcome {
  const name = String(status);
  if (!message.isExpected(status)) {
    return { name, complaint: `${message.method} ${message.path}: ${status} ${textOf(chunks)}` };
  }
  if (!message.isSingle) {
    const found = refused.exec(Buffer.concat(chunks).toString('latin1'));
    if (found !== null) {
      return { name: `${name} ${found[1]}`, complaint: `a report of a batch was told ${found[1]}` };
    }
  }
  return { name, complaint: null };
}

function textOf(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8').slice(0, 200);
}

/** Resolves once the request is with the operating system and the connection is destroyed. */
function cutOff(hostname: string, port: number, { method, path, body = '' }: Message): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, hostname);
    const head = `${method} ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.on('connect', () => socket.write(head + body, () => socket.destroy()));
  });
}
