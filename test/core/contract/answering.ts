import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createClient, type KiteClient } from '../../../core/contract/client.ts';

export type Reply = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that answers what a test wants, and tells what it was sent. */
export interface Answering {
  readonly url: string;
  /** What it answers, one after the other; the last one goes on. */
  replies: Reply[];
  readonly seen: {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage['headers'];
  }[];
  /** Milliseconds that the clients have waited. */
  readonly slept: number[];
  /** A client whose chance is always half, and whose time passes by itself. */
  client(options?: Partial<Parameters<typeof createClient>[0]>): KiteClient;
}

/** One for the test file that calls this at its top; it forgets everything before each test. */
export function useAnswering(): Answering {
  let url = '';
  const ear: Answering = {
    get url() {
      return url;
    },
    replies: [],
    seen: [],
    slept: [],
    client(options = {}) {
      let ids = 0;
      return createClient({
        url,
        fetch: globalThis.fetch,
        surroundings: {
          now: () => Date.parse('2026-01-31T08:00:00Z'),
          random: () => 0.5,
          newId: () => {
            ids += 1;
            return `id-${ids}`;
          },
          sleep: async (milliseconds) => {
            ear.slept.push(milliseconds);
          },
        },
        ...options,
      });
    },
  };
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      ear.seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
      const reply = ear.replies.length > 1 ? ear.replies.shift() : ear.replies[0];
      reply?.(request, response);
    });
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = addressOf(server.address());
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    ear.replies = [];
    ear.seen.length = 0;
    ear.slept.length = 0;
  });
  return ear;
}

const addressOf = (address: ReturnType<ReturnType<typeof createServer>['address']>): string =>
  `http://127.0.0.1:${(address as AddressInfo).port}`;

/** Where nobody listens any more. */
export async function closedAddress(): Promise<string> {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const address = addressOf(gone.address());
  await new Promise((resolve) => gone.close(resolve));
  return address;
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Reply =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
export const down = json(503, { message: 'The database cannot answer now.', code: 'unavailable' });
export const hangUp: Reply = (request) => request.socket.destroy();
/** An empty page of the list. */
export const page = { data: [], total: 0, limit: 50, offset: 0, nextCursor: null };

/** What the work failed with; undefined where it did not. */
export const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error) => error,
  );
