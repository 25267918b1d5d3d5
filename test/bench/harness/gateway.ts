import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BenchGateway } from '../scenario.ts';
import type { Closers } from './closers.ts';

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** As many as the limit is given. */
export const databaseConnections = 16;

/** Bundles the gateway as `npm start` does. */
export async function buildGateway(): Promise<void> {
  await run(process.execPath, ['--import', 'tsx', 'build.ts', 'gateway'], { cwd: root });
}

/**
 * The program in a session of its own, so that a Ctrl-C reaches only the bench, which ends it.
 *
 * @param options.databaseUrl undefined: it starts its own
 * @param options.fromSources or else the bundle that `buildGateway` makes
 */
export async function startGateway(
  closers: Closers,
  options: {
    readonly databaseUrl: string | undefined;
    readonly fromSources: boolean;
    readonly env: Readonly<Record<string, string>> | undefined;
  },
): Promise<BenchGateway> {
  const { databaseUrl, fromSources, env } = options;
  const program = fromSources
    ? ['--import', 'tsx', 'functions/gateway/main.ts']
    : ['--max-semi-space-size=4', 'dist/gateway/main.js'];
  const child = spawn(process.execPath, program, {
    cwd: root,
    detached: true,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: '0',
      LOG_LEVEL: 'warn',
      KITE_DATABASE_CONNECTIONS: String(databaseConnections),
      ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) {
    const [error] = await once(child, 'error');
    throw error;
  }
  const output = collect(child);
  const stop = closers.add(
    () => stopGateway(child, output),
    () => child.kill('SIGKILL'),
  );
  try {
    const url = await output.url;
    return { url, pid, rss: () => residentBytes(pid), stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

interface Output {
  /** The address that it prints. */
  readonly url: Promise<string>;
  /** The last lines of all that it wrote. */
  tail(): string;
}

function collect(child: ChildProcess): Output {
  let text = '';
  const url = new Promise<string>((resolve, reject) => {
    const take = (chunk: string): void => {
      text = (text + chunk).slice(-4000);
      const printed = /^Kite is listening on (\S+)$/m.exec(text)?.[1];
      if (printed !== undefined) {
        resolve(printed);
      }
    };
    child.stdout?.setEncoding('utf8').on('data', take);
    child.stderr?.setEncoding('utf8').on('data', take);
    child.once('close', () => reject(new Error(`The gateway ended: ${text.trim()}`)));
  });
  url.catch(() => undefined);
  return { url, tail: () => text.trim() };
}

async function stopGateway(child: ChildProcess, output: Output): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    await closed;
  }
  if (child.exitCode !== 0) {
    throw new Error(`The gateway ended with ${child.exitCode ?? child.signalCode}: ${output.tail()}`);
  }
}

/** Resident memory of one process, in bytes. */
async function residentBytes(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout.trim()) * 1024;
}
