import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type EmbeddedServer, startEmbedded } from '../../db/embedded.ts';
import { freePort } from '../cluster/port.ts';
import { ensureRic } from '../lambda/ric.ts';
import { deploy } from './deploy.ts';
import { ensureLocalStack } from './install.ts';
import { type Instance, startInstance } from './instance.ts';
import { invoke } from './invoke.ts';
import { makePlace, POSTGRES } from './place.ts';
import { proxyAddress } from './proxy-address.ts';

const CONFIG = 'prod';

/** Kite's production stack on a LocalStack of its own. */
export interface System {
  /** LocalStack's address, as AWS_ENDPOINT_URL has it. */
  readonly endpoint: string;
  /** Where the API is, without `/api/v1`. */
  readonly url: string;
  /** `kite-prod`: the stack's name, with which its functions' names begin. */
  readonly stack: string;
  /** A superuser's URL of Kite's database, beside the proxy: for what an operator does at the database. */
  readonly databaseUrl: string;
  readonly logFile: string;
  /** LocalStack's process; the functions' are its children. */
  readonly pid: number;
  /** The Postgres behind the proxy. */
  readonly postgres: Away;
  stop(): Promise<void>;
}

/** A database that can be taken away, and comes back as it was. */
interface Away {
  leave(): Promise<void>;
  comeBack(): Promise<void>;
}

export interface SystemOptions {
  /** LocalStack's port on 127.0.0.1; any free one when absent. */
  readonly port?: number | undefined;
  /** Takes a line for each step. */
  readonly tell: (line: string) => void;
}

/** What must be installed, or a sentence that says why it cannot be. */
export type Ready = { readonly python: string; readonly ric: string } | { readonly reason: string };

/** Installs what is missing. */
export async function prepare(tell: (line: string) => void): Promise<Ready> {
  const localstack = await ensureLocalStack(tell);
  if ('reason' in localstack) {
    return localstack;
  }
  const ric = await ensureRic();
  return 'reason' in ric ? ric : { python: localstack.python, ric: ric.directory };
}

/**
 * Starts Postgres and LocalStack, deploys the stack and brings its database to its form. All of it ends with `stop`, or with
 * this process.
 *
 * @throws Error when something of it fails; nothing is left then
 */
export async function startSystem(
  ready: { readonly python: string; readonly ric: string },
  { port, tell }: SystemOptions,
): Promise<System> {
  const place = await makePlace();
  const directory = join(place, POSTGRES);
  let server: EmbeddedServer | undefined;
  let instance: Instance | undefined;
  const stop = async (): Promise<void> => {
    await instance?.stop();
    await server?.stop();
  };
  try {
    tell('Starting Postgres and LocalStack …');
    server = await startEmbedded({ directory, durable: false, maxConnections: 200 });
    const { url: postgres, port: postgresPort } = server;
    instance = await startInstance({
      ...ready,
      directory: join(place, 'localstack'),
      port: port ?? (await freePort()),
      postgres,
      proxy: await proxyAddress(),
    });
    const { endpoint, logFile, pid } = instance;
    const scratch = join(place, 'scratch');
    await mkdir(scratch);
    const output = await deploy({ endpoint, config: CONFIG, scratch, tell });
    tell('Bringing the database to its form …');
    await migrate(endpoint, `kite-${CONFIG}`);
    return {
      endpoint,
      url: localUrl(endpoint, output),
      stack: `kite-${CONFIG}`,
      databaseUrl: postgres,
      logFile,
      pid,
      postgres: {
        leave: async () => server?.stop(),
        async comeBack() {
          server = await startEmbedded({
            directory,
            durable: false,
            maxConnections: 200,
            port: postgresPort,
          });
        },
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Runs the migrations: LocalStack creates the stack's trigger, which does it on AWS, and never calls it.
 *
 * @throws Error with the function's reason
 */
export async function migrate(endpoint: string, stack: string): Promise<void> {
  const { failed, payload } = await invoke(endpoint, `${stack}-database-migrate`);
  if (failed) {
    throw new Error(`The migration failed: ${JSON.stringify(payload)}`);
  }
}

/** The output is a host name, which need not resolve here: LocalStack has the same API under a path. */
export function localUrl(endpoint: string, output: string): string {
  // No URL to a parser: its host ends like an IPv4 address, and is none.
  const [, api, stage] = /^https:\/\/([^./]+)\.[^/]+\/(.+)$/.exec(output) ?? [];
  if (api === undefined || stage === undefined) {
    throw new Error(`The stack says its API is at ${output}, which is no address of LocalStack.`);
  }
  return `${endpoint}/_aws/execute-api/${api}/${stage}`;
}
