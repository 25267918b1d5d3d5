import { onTestFinished } from 'vitest';
import type { Issue } from '../../../core/contract/issue.ts';
import { freePort } from '../../cluster/port.ts';
import { createTestDatabase } from '../../support/database.ts';
import { type Kite, kiteOf } from '../../support/kite.ts';
import { startServer, type TestServer } from '../../support/server.ts';

/** A Kite that can go away and come back, at the same address and with the same database. */
export interface MortalKite extends Kite {
  readonly url: string;
  /** Ends the server; the database stays. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** All issues of a namespace by their scope, such as `component/api`. */
  issues(namespace: string): Promise<ReadonlyMap<string, Issue>>;
}

/** It ends, and its database is removed, when the test is over. */
export async function startKite(): Promise<MortalKite> {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const options = { databaseUrl: database.url, env: { PORT: String(await freePort()) } };
  let server: TestServer | undefined = await startServer(options);
  const { url } = server;
  const kite = kiteOf(() => {
    if (server === undefined) {
      throw new Error('Kite is away.');
    }
    return server;
  });
  const goAway = async (): Promise<void> => {
    await server?.close();
    server = undefined;
  };
  onTestFinished(goAway);
  return {
    ...kite,
    get server() {
      return kite.server;
    },
    url,
    goAway,
    comeBack: async () => {
      server = await startServer(options);
    },
    issues: async (namespace) => {
      const { data } = await kite.list({ namespace, limit: '100' });
      return new Map(data.map((issue) => [`${issue.scope.resourceType}/${issue.scope.resourceName}`, issue]));
    },
  };
}
