import { once } from 'node:events';
import { createServer } from 'node:http';
import { prepare, type System, startSystem } from './system.ts';

/** What tests, which are other processes, get to know of the system. */
export type SystemAddress = Pick<System, 'endpoint' | 'url' | 'stack' | 'databaseUrl' | 'logFile'>;

/** Instead of that, where there is none. */
export interface Failure {
  readonly failure: string;
}

export interface Broker {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a system when a test asks for it, and answers with its address. `POST /leave` and `POST /come-back` are for its
 * database.
 */
export async function startBroker(tell: (line: string) => void): Promise<Broker> {
  let started: Promise<System> | undefined;
  const server = createServer((request, response) => {
    started ??= start(tell);
    // White space, so that whoever waits sees that it is worth it.
    const alive = setInterval(() => response.write(' '), 10_000);
    response.once('close', () => clearInterval(alive));
    started
      .then(async (system) => {
        if (request.url === '/leave') {
          await system.postgres.leave();
        } else if (request.url === '/come-back') {
          await system.postgres.comeBack();
        }
        const { endpoint, url, stack, databaseUrl, logFile } = system;
        response.end(JSON.stringify({ endpoint, url, stack, databaseUrl, logFile } satisfies SystemAddress));
      })
      .catch((error: unknown) => response.end(JSON.stringify({ failure: String(error) } satisfies Failure)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('a socket has no port');
  }
  return {
    url: `http://127.0.0.1:${address.port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await (await started?.catch(() => undefined))?.stop();
    },
  };
}

async function start(tell: (line: string) => void): Promise<System> {
  const ready = await prepare(tell);
  if ('reason' in ready) {
    throw new Error(ready.reason);
  }
  return startSystem(ready, { tell });
}
