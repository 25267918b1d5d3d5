import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

/** A reverse proxy before Kite, as clusters have one. */
export interface Door {
  readonly url: string;
  /** When set, whoever brings no such bearer token is answered 401. */
  token: string | undefined;
  /** While set, Kite gets what is sent, but nobody gets Kite's answer. */
  keepsAnswers: boolean;
  /** Answers of 401 so far. */
  turnedAway: number;
  /** Answers that were kept so far. */
  kept: number;
}

/** It closes when the test is over. */
export async function doorTo(target: string): Promise<Door> {
  const door: Door = { url: '', token: undefined, keepsAnswers: false, turnedAway: 0, kept: 0 };
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of request) {
      pieces.push(piece);
    }
    if (door.token !== undefined && request.headers.authorization !== `Bearer ${door.token}`) {
      door.turnedAway += 1;
      response.writeHead(401, { 'content-type': 'text/plain' }).end('The token has expired.');
      return;
    }
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? 'GET',
      headers: { 'content-type': request.headers['content-type'] ?? 'application/json' },
      ...(pieces.length > 0 && { body: Buffer.concat(pieces) }),
    });
    const text = await answer.text();
    if (door.keepsAnswers) {
      door.kept += 1;
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  };
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('a socket has no port');
  }
  return Object.assign(door, { url: `http://127.0.0.1:${address.port}` });
}
