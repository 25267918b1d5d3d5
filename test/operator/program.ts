import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { until } from '../cluster/until.ts';

const MAIN = join(import.meta.dirname, '../../operator/main.ts');

/** The operator as a process of its own. */
interface Program {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Lines of the log, which go to the standard output while it watches. */
  readonly log: () => readonly Readonly<Record<string, unknown>>[];
  /** Resolves when it has ended: its exit code, or null after a signal. */
  readonly ended: Promise<number | null>;
  /** Asks its server for the state, once the log has said on which port it is. */
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
}

/** A folder for one test: its configuration, and what the operator keeps. */
export interface Workplace {
  readonly directory: string;
  /** Writes `operator.yaml`, on top of what keeps tests apart. @returns its path */
  configure(settings: object): Promise<string>;
  start(...args: readonly string[]): Program;
  /** Ends what still runs and removes the folder. */
  close(): Promise<void>;
}

export async function makeWorkplace(): Promise<Workplace> {
  const directory = await mkdtemp(join(tmpdir(), 'kite-op-'));
  const programs: Program[] = [];
  const env = { PATH: process.env.PATH, HOME: directory, XDG_STATE_HOME: join(directory, 'state') };
  return {
    directory,
    configure: async (settings) => {
      const path = join(directory, 'operator.yaml');
      await writeFile(path, stringify({ server: { port: 0 }, log: { format: 'json' }, ...settings }));
      return path;
    },
    start: (...args) => {
      const program = start(args, env, directory);
      programs.push(program);
      return program;
    },
    close: async () => {
      for (const { child, ended } of programs) {
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
        await ended;
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function start(args: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Program {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), MAIN, ...args], {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const log = () =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  let port: unknown;
  return {
    child,
    stdout: () => out,
    stderr: () => err,
    log,
    ended,
    get: async (path) => {
      port ??= await until(
        'the operator serves its state',
        () => {
          if (child.exitCode !== null) throw new Error(`The operator has ended: ${err}`);
          return log().find(({ msg }) => msg === 'the operator has started')?.port as number | undefined;
        },
        60_000,
      );
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: answer.status, text: await answer.text() };
    },
  };
}
