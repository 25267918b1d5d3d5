import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach } from 'vitest';

/** What becomes of a request: it is answered; it is carried out and its answer lost; nobody is there. */
type Fate = 'answer' | 'lose' | 'away';

/** What stands before Kite, and can go wrong. */
export interface Front {
  readonly url: string;
  /** What came since the test began, in its order: method and path, and the body. */
  readonly came: readonly { readonly what: string; readonly body: string }[];
  /** Says what becomes of the next request, by how many there were before; each is answered otherwise. */
  fate: (before: number) => Fate;
}

/** @param target where Kite is */
export function useFront(target: () => string): Front {
  const came: { what: string; body: string }[] = [];
  let server: Server | undefined;
  let url = '';
  const front: Front & { url: string } = { url, came, fate: () => 'answer' };
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(Buffer.from(part as Uint8Array));
      const body = Buffer.concat(parts);
      const fate = front.fate(came.length);
      came.push({ what: `${request.method} ${request.url}`, body: body.toString() });
      if (fate === 'away') {
        response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>away</h1>');
        return;
      }
      const answer = await fetch(`${target()}${request.url}`, {
        method: request.method ?? 'GET',
        headers: { 'content-type': 'application/json' },
        ...(body.length > 0 && { body }),
      });
      const text = await answer.text();
      if (fate === 'lose') response.destroy();
      else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address === 'object' && address !== null) url = `http://127.0.0.1:${address.port}`;
    front.url = url;
  });
  beforeEach(() => {
    came.length = 0;
    front.fate = () => 'answer';
  });
  afterAll(() => {
    server?.close();
    server?.closeAllConnections();
  });
  return front;
}
