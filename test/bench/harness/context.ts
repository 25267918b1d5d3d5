import type { Context } from '../scenario.ts';
import type { Closers } from './closers.ts';
import { startGateway } from './gateway.ts';
import { load } from './load.ts';
import { keep, startPostgres, temporaryFolder } from './postgres.ts';

export interface ContextOptions {
  readonly runs: number;
  readonly quick: boolean;
  readonly durable: boolean;
  readonly against: string | undefined;
  readonly soakMinutes: number;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** What a scenario is given; whatever it starts is left in `closers`. */
export function createContext(options: ContextOptions, closers: Closers): Context {
  const { durable, signal, ...rest } = options;
  return {
    ...rest,
    signal,
    startPostgres: ({ dataDirectory } = {}) => {
      signal.throwIfAborted();
      return startPostgres(closers, { dataDirectory, durable });
    },
    startGateway: (databaseUrl, env) => {
      signal.throwIfAborted();
      return startGateway(closers, { databaseUrl, fromSources: options.quick, env });
    },
    async temporaryFolder() {
      const folder = await temporaryFolder();
      keep(closers, folder, true);
      return folder;
    },
    load: (plan) => {
      signal.throwIfAborted();
      return load(closers, plan);
    },
  };
}
