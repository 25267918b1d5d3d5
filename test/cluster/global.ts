import { once } from 'node:events';
import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';
import { removeLeftovers } from './directory.ts';
import { type KubeServer, startKubeServer } from './server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers with the address of the API server of this run, which starts when somebody asks. */
    readonly clusterBroker: string;
  }
}

/** One API server for the whole run, in this process; none if no test needs it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers();
  let started: Promise<KubeServer> | undefined;
  const broker = createServer((_, response) => {
    started ??= startKubeServer();
    started.then(
      ({ address }) => response.end(JSON.stringify(address)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  broker.listen(0, '127.0.0.1');
  await once(broker, 'listening');
  const address = broker.address();
  if (address === null || typeof address === 'string') {
    throw new Error('a socket has no port');
  }
  project.provide('clusterBroker', `http://127.0.0.1:${address.port}`);
  return async () => {
    broker.close();
    broker.closeAllConnections();
    await (await started)?.stop();
    await removeLeftovers();
  };
}
