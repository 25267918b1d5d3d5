import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request } from 'undici';
import * as z from 'zod/mini';

/** The road between the operator and Kite, from which is seen what was said and taken. */
export interface Road {
  readonly url: string;
  /** When Kite's 2xx was passed on for the first report of each run, of `performance.now()`, by the run's name. */
  readonly taken: Map<string, number>;
  /** Reports that came so far, by what Kite made of them. */
  readonly statuses: Map<string, number>;
  /** Begins to count anew. */
  clear(): void;
  close(): Promise<void>;
}

const asked = z.object({ reports: z.array(z.object({ run: z.object({ name: z.string() }) })) });
const answered = z.object({ results: z.array(z.object({ index: z.number(), status: z.string() })) });

/**
 * @param target where Kite is
 * @param log told of what could not be passed on
 */
export async function roadTo(target: string, log: (line: string) => void): Promise<Road> {
  const agent = new Agent();
  const taken = new Map<string, number>();
  const statuses = new Map<string, number>();

  const pass = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) {
      pieces.push(piece);
    }
    const body = Buffer.concat(pieces);
    const answer = await request(`${target}${incoming.url}`, {
      dispatcher: agent,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const text = await answer.body.text();
    response.writeHead(answer.statusCode, { 'content-type': 'application/json' }).end(text);
    if (answer.statusCode >= 200 && answer.statusCode < 300) {
      const now = performance.now();
      const { reports } = asked.parse(JSON.parse(body.toString()));
      for (const { index, status } of answered.parse(JSON.parse(text)).results) {
        const name = reports[index]?.run.name ?? '';
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status !== 'rejected' && !taken.has(name)) {
          taken.set(name, now);
        }
      }
    }
  };

  const server = createServer((incoming, response) => {
    pass(incoming, response).catch((error: unknown) => {
      const reason = `a batch could not be passed on to Kite: ${String(error)}`;
      log(reason);
      if (response.headersSent) {
        response.destroy();
      } else {
        response.writeHead(502, { 'content-type': 'text/plain' }).end(reason);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('a socket has no port');
  }
  return {
    url: `http://127.0.0.1:${address.port}`,
    taken,
    statuses,
    clear: () => {
      taken.clear();
      statuses.clear();
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await agent.destroy();
    },
  };
}
