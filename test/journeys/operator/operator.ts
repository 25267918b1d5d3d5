import { onTestFinished } from 'vitest';
import * as z from 'zod/mini';
import { type KubeAddress, writeKubeconfig } from '../../cluster/client.ts';
import { until } from '../../cluster/until.ts';
import { makeWorkplace, type Program } from '../../operator/program.ts';

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

/** It ends, and what it keeps is removed, when the test is over. */
export async function operatorAt({ cluster, config, pod }: Place): Promise<Operator> {
  const kubeconfig = await writeKubeconfig(cluster);
  const place = await makeWorkplace(pod === undefined ? {} : { POD_NAME: pod });
  onTestFinished(() => place.close());
  const file = await place.configure({ journal: { directory: './journal' }, ...config });
  return {
    start: async () => {
      const program = place.start('--kubeconfig', kubeconfig, '--config', file);
      await program.port();
      return {
        logged: (sentence) => program.log().filter(({ msg }) => msg === sentence),
        ready: () => readyOf(program),
        metric: (name) => metricOf(program, name),
        kill: async () => void (await program.end('SIGKILL')),
        stop: () => program.end('SIGTERM'),
      };
    },
    run: async (...args) => {
      const where = args[0] === 'dead-letter' ? [] : ['--kubeconfig', kubeconfig];
      const program = place.start(...args, ...where, '--config', file);
      return { code: await program.ended, output: program.stdout() };
    },
  };
}

async function readyOf(program: Program): Promise<z.infer<typeof readiness> | undefined> {
  const answer = await program.get('/readyz').catch(() => undefined);
  return answer && readiness.parse(JSON.parse(answer.text));
}

async function metricOf(program: Program, name: string): Promise<number> {
  const { text } = await program.get('/metrics');
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
