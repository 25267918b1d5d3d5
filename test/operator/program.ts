import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { buildOperator } from '../../build.ts';
import { directory as ownDirectory } from '../cluster/directory.ts';
import { until } from '../cluster/until.ts';

type Line = Readonly<Record<string, unknown>>;

/** The operator as a process of its own. */
export interface Program {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Lines of the log, which go to the standard output while it watches. */
  readonly log: () => readonly Line[];
  /** Resolves when it has ended: its exit code, or null after a signal. */
  readonly ended: Promise<number | null>;
  /** Sends a signal unless it has ended already. @returns its exit code; null when a signal has ended it */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Resolves when it serves its state. @returns the port, which the log names */
  port(): Promise<number>;
  /** Asks its server for the state. */
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
}

/** The operator on one machine: a configuration, and what it keeps, outlast its processes. */
export interface Workplace {
  readonly directory: string;
  /** Writes `operator.yaml`, on top of what keeps tests apart. @returns its path */
  configure(settings: object): Promise<string>;
  start(...args: readonly string[]): Program;
  /** Ends what still runs and removes the folder. */
  close(): Promise<void>;
}

let bundle: Promise<string> | undefined;

/** The bundle as it is deployed; made once for each test file. */
async function bundled(): Promise<string> {
  const place = await ownDirectory('operator');
  await buildOperator(place);
  return join(place, 'main.js');
}

/** @param more variables of the environment, beside those that say where programs and its own folder are */
export async function makeWorkplace(more: Readonly<Record<string, string>> = {}): Promise<Workplace> {
  bundle ??= bundled();
  const main = await bundle;
  const directory = await mkdtemp(join(tmpdir(), 'kite-op-'));
  const programs: Program[] = [];
  // Nothing of this machine but where its programs are: no proxy, no kubeconfig, no pod.
  const own = { PATH: process.env.PATH, HOME: directory, XDG_STATE_HOME: join(directory, 'state') };
  return {
    directory,
    configure: async (settings) => {
      const path = join(directory, 'operator.yaml');
      await writeFile(path, stringify({ server: { port: 0 }, log: { format: 'json' }, ...settings }));
      return path;
    },
    start: (...args) => {
      const program = start([main, ...args], { ...own, ...more }, directory);
      programs.push(program);
      return program;
    },
    close: async () => {
      await Promise.all(programs.map((program) => program.end('SIGKILL')));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function start(args: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Program {
  const child = spawn(process.execPath, [...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const abandon = (): void => void child.kill('SIGKILL');
  process.once('exit', abandon);
  child.once('exit', () => process.off('exit', abandon));
  let [out, err] = ['', ''];
  /** The log, and how much of what was written is in it. */
  const lines: Line[] = [];
  let read = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = once(child, 'close').then(([code]): number | null => code);
  const log = (): readonly Line[] => {
    for (let end = out.indexOf('\n', read); end >= 0; end = out.indexOf('\n', read)) {
      lines.push(JSON.parse(out.slice(read, end)));
      read = end + 1;
    }
    return lines;
  };
  const port = async (): Promise<number> => {
    const started = await until(
      'the operator serves its state',
      () => {
        if (child.exitCode !== null) {
          throw new Error(`The operator has ended (${child.exitCode}): ${err}`);
        }
        return log().find(({ msg }) => msg === 'the operator has started');
      },
      60_000,
    );
    return Number(started.port);
  };
  return {
    child,
    stdout: () => out,
    stderr: () => err,
    log,
    ended,
    end: (signal) => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
      }
      return ended;
    },
    port,
    get: async (path) => {
      const answer = await fetch(`http://127.0.0.1:${await port()}${path}`);
      return { status: answer.status, text: await answer.text() };
    },
  };
}
