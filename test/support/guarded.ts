import { afterAll, beforeAll } from 'vitest';
import type { Grant } from '../../core/access/grant.ts';
import { findKey } from '../../db/keys/find.ts';
import { touchKey } from '../../db/keys/touch.ts';
import { createAccess } from '../../functions/access/compose.ts';
import { readAccess } from '../../functions/access/config.ts';
import { createTestDatabase } from './database.ts';
import { generousLimits, makeKey } from './keys.ts';
import { type Answer, type Ask, type Kite, kiteOf } from './kite.ts';
import { startServer, type TestServer } from './server.ts';

/** The cluster that the server stands for. */
export const home = 'alpha';

/** A request in somebody's name. */
export type Asking = (method: string, path: string, ask?: Ask) => Promise<Answer>;

/** A server that asks everybody who they are. */
export interface Guarded {
  readonly server: TestServer;
  /** Asks in the name of whoever has this token; of nobody where it is null. */
  as(token: string | null, headers?: Readonly<Record<string, string>>): Asking;
  /** The same with the ways of `Kite`. */
  kiteAs(token: string): Kite;
  /** A new API key; of the cluster `home`, and without end, where the grant does not say. */
  key(grant: Partial<Grant> & { readonly name?: string; readonly expiresAt?: number }): Promise<string>;
  /** What was logged of attempts that were denied, as lines of JSON. */
  readonly denied: readonly Readonly<Record<string, unknown>>[];
}

export interface Settings {
  readonly text?: object;
  readonly variables?: Readonly<Record<string, string>>;
}

/** One guarded server for the test file, or the suite, that calls this at its top. */
export function useGuarded(
  options: {
    /** What else `KITE_ACCESS` says, and the variables that it names. */
    readonly access?: () => Promise<Settings>;
  } = {},
): Guarded {
  let guarded: Guarded & { close(): Promise<void> };
  beforeAll(async () => {
    guarded = await startGuarded(await options.access?.());
  });
  afterAll(async () => {
    await guarded?.close();
  });
  return {
    get server() {
      return guarded.server;
    },
    get denied() {
      return guarded.denied;
    },
    as: (token, headers) => guarded.as(token, headers),
    kiteAs: (token) => guarded.kiteAs(token),
    key: (grant) => guarded.key(grant),
  };
}

async function startGuarded({
  text = {},
  variables = {},
}: Settings = {}): Promise<Guarded & { close(): Promise<void> }> {
  const own = await createTestDatabase();
  const failures: unknown[] = [];
  const denied: Record<string, unknown>[] = [];
  const accessText = JSON.stringify({ limits: generousLimits, ...text });
  const access = createAccess(readAccess(accessText, variables), {
    keys: {
      find: (id) => findKey(own.sql, id),
      touch: (id, now) => touchKey(own.sql, id, now),
    },
    clock: Date.now,
    elapsed: () => performance.now(),
    onTrouble: (error) => failures.push(error),
  });
  const server = await startServer({
    databaseUrl: own.url,
    access,
    accessText,
    env: { KITE_CLUSTER: home, ...variables },
    log: (line) => denied.push(JSON.parse(line)),
  });
  const kite = kiteOf(() => server);
  return {
    server,
    denied,
    as(token, headers = {}) {
      const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
      return (method, path, ask = {}) =>
        kite.ask(method, path, { ...ask, headers: { ...authorization, ...headers, ...ask.headers } });
    },
    kiteAs: (token) => kiteOf(() => server, { authorization: `Bearer ${token}` }),
    key: (grant) => makeKey(own.sql, { clusters: [home], namespaces: ['*'], may: ['read'], ...grant }),
    async close() {
      await server.close();
      await own.drop();
      if (failures.length > 0) {
        throw new AggregateError(failures, 'something failed beside the requests');
      }
    },
  };
}
