import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../cluster/until.ts';

/** Milliseconds: 4 s were measured, 12 s the first time, when Python compiles what it imports. */
const START_LIMIT = 120_000;
/** Milliseconds to end by itself before it is killed. */
const STOP_LIMIT = 15_000;
const TAIL = 2_000;
const UNKNOWN_KEYS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

export interface InstanceOptions {
  /** Python with LocalStack in its environment. */
  readonly python: string;
  /** The directory of the npm package aws-lambda-ric. */
  readonly ric: string;
  /** Where all its data and its log go, which end with it. */
  readonly directory: string;
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** A superuser's URL of the Postgres that it lends to RDS types. */
  readonly postgres: string;
  /** `address:port` where RDS Proxy listens. */
  readonly proxy: string;
}

/** A LocalStack that answers. */
export interface Instance {
  /** As AWS_ENDPOINT_URL has it. */
  readonly endpoint: string;
  readonly logFile: string;
  /** Its process, for memory and signals. */
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * The variables by which the CDK, the SDK and functions find it, and nothing else of AWS: no profile and no key of the
 * user's own may come in.
 */
export function awsEnvironment(endpoint: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  return {
    ...Object.fromEntries(inherited),
    ...UNKNOWN_KEYS,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    // By address: buckets are then part of the path, and no name must resolve.
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
  };
}

/** @throws Error with the end of its log when it does not start */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { directory, port } = options;
  await mkdir(directory, { recursive: true });
  const logFile = join(directory, 'localstack.log');
  const log = openSync(logFile, 'a');
  const child = spawn(options.python, ['-m', 'localstack.runtime.main'], {
    cwd: directory,
    env: environment(options),
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const endpoint = `http://127.0.0.1:${port}`;
  // Not killed, or the functions' processes would be left.
  const abandon = (): void => void child.kill('SIGTERM');
  process.once('exit', abandon);
  try {
    await until(
      'LocalStack answers',
      async () => {
        requireAlive(child);
        return fetch(`${endpoint}/_localstack/health`).then(
          (answer) => answer.ok,
          () => false,
        );
      },
      START_LIMIT,
    );
  } catch (error) {
    process.off('exit', abandon);
    child.kill('SIGKILL');
    throw new Error(`LocalStack did not start; ${logFile} ends with:\n${tail(logFile)}`, { cause: error });
  }
  return {
    endpoint,
    logFile,
    pid: child.pid ?? 0,
    async stop() {
      process.off('exit', abandon);
      await end(child);
    },
  };
}

function environment({ ric, directory, port, postgres, proxy }: InstanceOptions): NodeJS.ProcessEnv {
  const listen = `127.0.0.1:${port}`;
  const { PATH, HOME, LANG } = process.env;
  return {
    ...{ PATH, HOME, LANG },
    // It unpacks the functions there.
    TMPDIR: directory,
    PYTHONPATH: join(import.meta.dirname, 'plugin'),
    FILESYSTEM_ROOT: directory,
    GATEWAY_SERVER: 'loopback',
    GATEWAY_LISTEN: listen,
    LOCALSTACK_HOST: listen,
    SQS_ENDPOINT_STRATEGY: 'path',
    OVERRIDE_IN_DOCKER: '0',
    // Nothing that asks the network.
    DISABLE_EVENTS: '1',
    SKIP_SSL_CERT_DOWNLOAD: '1',
    DNS_ADDRESS: '0',
    // Each type that it does not have would warn else.
    CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES: '1',
    // Seconds, where the service waits for minutes before it calls a function again that failed.
    LAMBDA_RETRY_BASE_DELAY: '1',
    LAMBDA_RUNTIME_EXECUTOR: 'process',
    LAMBDA_PROCESS_RIC: ric,
    LAMBDA_PROCESS_STARTER: join(import.meta.dirname, '../lambda/process'),
    LAMBDA_PROCESS_NODE: process.execPath,
    LOCAL_POSTGRES_URL: postgres,
    LOCAL_RDS_PROXY: proxy,
    // It ends when this process is gone.
    LOCALSTACK_OWNER: String(process.pid),
  };
}

function requireAlive(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) {
    throw new Error(`LocalStack ended with ${child.signalCode ?? `code ${child.exitCode}`}`);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
  await gone;
  clearTimeout(timer);
}

/** The end of a log file, for an error. */
function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(-TAIL);
  } catch {
    return '';
  }
}
