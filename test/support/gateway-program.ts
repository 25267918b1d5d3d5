import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** A process that runs the built gateway. */
export interface GatewayProgram {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly error: string }>;
  /** The URL that it prints; rejects when it ends without one. */
  readonly url: Promise<string>;
  /** Where metrics and probes are, as far as it prints that. */
  readonly status: Promise<string>;
  /** Resolves when it has written this, to standard output. */
  written(what: RegExp): Promise<void>;
}

/**
 * Starts the program with nothing of this process's environment but PATH. One that still runs when the test is over is
 * killed.
 *
 * @param path of main.js
 */
export function startProgram(
  path: string,
  env: Readonly<Record<string, string>>,
  options: { readonly args?: readonly string[] } & Pick<SpawnOptions, 'cwd' | 'uid' | 'gid'> = {},
): GatewayProgram {
  const { args = [], ...how } = options;
  const child = spawn(process.execPath, [path, ...args], {
    ...how,
    env: { PATH: process.env.PATH, HOME: '/nonexistent', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let error = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    error += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const found = (what: RegExp): Promise<string> => {
    const promise = new Promise<string>((resolve, reject) => {
      const look = (): void => {
        const match = what.exec(out);
        if (match !== null) {
          resolve(match[1] ?? '');
        }
      };
      child.stdout.on('data', look);
      child.once('close', () => reject(new Error(`ended: ${out}${error}`)));
      look();
    });
    promise.catch(() => undefined);
    return promise;
  };
  const ended = once(child, 'close').then(([code]: (number | null)[]) => ({
    code: code ?? null,
    out,
    error,
  }));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    child,
    ended,
    url: found(/^Kite is listening on (\S+)\n[\s\S]*Ctrl-C stops it\.\n/m),
    status: found(/^ {2}(\S+)\/metrics has its figures/m),
    written: async (what) => void (await found(what)),
  };
}
