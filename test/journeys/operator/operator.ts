import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import * as z from 'zod/mini';
import { buildOperator } from '../../../build.ts';
import { type KubeAddress, writeKubeconfig } from '../../cluster/client.ts';
import { directory } from '../../cluster/directory.ts';
import { until } from '../../cluster/until.ts';

/** What the operator is to know, beside where its journal lies. */
export interface Place {
  readonly cluster: KubeAddress;
  /** Parts of the configuration file; `server` and `journal` are added. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The pod's name, which a lease names as its holder. */
  readonly pod?: string;
}

const readiness = z.object({
  status: z.string(),
  problems: z.array(z.string()),
  warnings: z.array(z.string()),
  role: z.enum(['alone', 'leader', 'standby']),
  controllers: z.array(z.object({ isSynced: z.boolean(), waiting: z.number() })),
  journal: z.object({ pending: z.number(), dead: z.number() }),
});

/** An operator's process. */
export interface Running {
  /** What /readyz says; undefined while nobody answers. */
  ready(): Promise<z.infer<typeof readiness> | undefined>;
  /** A metric without the prefix, of all labels together; 0 while there is none. */
  metric(name: string): Promise<number>;
  /** The lines of the log that say this. */
  logged(sentence: string): readonly Readonly<Record<string, unknown>>[];
  /** Ends it without a word, as `kill -9` does. */
  kill(): Promise<void>;
  /** Asks it to end. @returns its exit code */
  stop(): Promise<number | null>;
}

/** The operator on one machine: a configuration and a journal that outlast its processes. */
export interface Operator {
  /** Starts it, and waits until it answers. */
  start(): Promise<Running>;
  /** Runs a command to its end. */
  run(...args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }>;
}

let bundle: Promise<string> | undefined;

/** The bundle as it is deployed; made once for each test file. */
async function bundled(): Promise<string> {
  const place = await directory('operator');
  await buildOperator(place);
  return join(place, 'main.js');
}

export async function operatorAt({ cluster, config, pod }: Place): Promise<Operator> {
  bundle ??= bundled();
  const [main, home, kubeconfig] = [await bundle, await directory('home'), await writeKubeconfig(cluster)];
  mkdirSync(join(home, 'journal'));
  const file = join(home, 'operator.yaml');
  const whole = {
    server: { port: 0 },
    journal: { directory: './journal' },
    log: { format: 'json' },
    ...config,
  };
  await writeFile(file, JSON.stringify(whole));
  const spawned = (args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [main, ...args, '--config', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Nothing of this machine but where its programs are: no proxy, no kubeconfig, no pod.
      env: { PATH: process.env.PATH, HOME: home, ...(pod !== undefined && { POD_NAME: pod }) },
    });
    const abandon = (): void => void child.kill('SIGKILL');
    process.once('exit', abandon);
    child.once('exit', () => process.off('exit', abandon));
    onTestFinished(async () => void (await ended(child, 'SIGKILL')));
    return child;
  };
  return {
    start: async () => {
      const child = spawned(['--kubeconfig', kubeconfig]);
      const lines: Line[] = [];
      const port = await portOf(child, lines);
      return {
        logged: (sentence) => lines.filter(({ msg }) => msg === sentence),
        ready: () => readyAt(port),
        metric: (name) => metricAt(port, name),
        kill: async () => void (await ended(child, 'SIGKILL')),
        stop: () => ended(child, 'SIGTERM'),
      };
    },
    run: async (...args) => {
      const child = spawned([...args, ...(args[0] === 'dead-letter' ? [] : ['--kubeconfig', kubeconfig])]);
      let output = '';
      child.stdout?.on('data', (text) => {
        output += text;
      });
      child.stderr?.resume();
      const [code] = await once(child, 'close');
      return { code, output };
    },
  };
}

/** @returns the exit code; null when a signal has ended it */
async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
  return child.exitCode;
}

type Line = Readonly<Record<string, unknown>>;

/**
 * The log names it.
 *
 * @param lines takes the whole log
 */
async function portOf(child: ChildProcess, lines: Line[]): Promise<number> {
  const others: string[] = [];
  const take = (line: string): void => {
    if (line.startsWith('{')) {
      lines.push(JSON.parse(line));
    } else {
      others.push(line);
    }
  };
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) {
      createInterface({ input: stream }).on('line', take);
    }
  }
  const { port } = await until('the operator has started', () => {
    if (child.exitCode !== null) {
      throw new Error(`the operator has ended (${child.exitCode}): ${others.join(' ')}`);
    }
    return lines.find(({ msg }) => msg === 'the operator has started');
  });
  return Number(port);
}

async function readyAt(port: number): Promise<z.infer<typeof readiness> | undefined> {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
  return answer && readiness.parse(await answer.json());
}

async function metricAt(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const values = [...text.matchAll(/^kite_operator_(\w+)(?:\{.*\})? (\S+)$/gm)];
  return values.filter(([, found]) => found === name).reduce((sum, [, , value]) => sum + Number(value), 0);
}

/** Waits until it has looked at everything, and has sent all that it may send. */
export async function settled(running: Running): Promise<void> {
  let told: Awaited<ReturnType<Running['ready']>>;
  const isSettled = async (): Promise<boolean> => {
    told = await running.ready();
    const { status, controllers = [], journal } = told ?? {};
    return status === 'ready' && controllers.every(({ waiting }) => waiting === 0) && journal?.pending === 0;
  };
  await until('the operator is ready and has nothing to send', isSettled).catch((error: unknown) => {
    throw new Error(`it says ${JSON.stringify(told)}`, { cause: error });
  });
}
