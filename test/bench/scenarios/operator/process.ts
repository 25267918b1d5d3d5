import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildOperator } from '../../../../build.ts';
import type { KubeAddress } from '../../../cluster/client.ts';
import { until } from '../../../cluster/until.ts';

const dockerfile = new URL('../../../../operator/deploy/Dockerfile', import.meta.url);
const run = promisify(execFile);

/** The operator as a pod runs it: its bundle, Node's flags of the image, a ServiceAccount's files instead of a kubeconfig. */
export interface BenchOperator {
  /** Resident memory now, in bytes. */
  rss(): Promise<number>;
  /** The most that was resident since the start, in bytes. Where the system does not tell, the most that `rss` has seen. */
  peak(): Promise<number>;
  /** A metric without the prefix, of all labels together; 0 while there is none. */
  metric(name: string): Promise<number>;
  /** What /readyz says against it; empty when it is ready. */
  problem(): Promise<string>;
  /** SIGTERM, and waits for the end. An end with another code than 0 is an error. */
  stop(): Promise<void>;
}

/** The operator on one machine: its configuration and journal outlast its processes. */
export interface Machine {
  /** Resolves when it serves its state. */
  start(): Promise<BenchOperator>;
}

/**
 * @param folder an empty one
 * @param kite where it reports
 */
export async function operatorMachine(folder: string, cluster: KubeAddress, kite: string): Promise<Machine> {
  const bundle = join(folder, 'bundle');
  await buildOperator(bundle);
  const at = (name: string): string => join(folder, name);
  await writeFile(at('token'), cluster.token, { mode: 0o600 });
  await writeFile(at('ca.crt'), cluster.ca);
  await writeFile(at('namespace'), 'default');
  const config = {
    kite: { url: kite },
    clusterName: 'bench',
    consoleUrl: 'https://console.example.com',
    journal: { directory: at('journal') },
    server: { host: '127.0.0.1', port: 0 },
    log: { format: 'json' },
  };
  await writeFile(at('operator.yaml'), JSON.stringify(config));
  const { hostname, port } = new URL(cluster.url);
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    NODE_ENV: 'production',
    KITE_OPERATOR_CONFIG: at('operator.yaml'),
    KITE_OPERATOR_SERVICE_ACCOUNT: folder,
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
    POD_NAME: 'kite-operator-0',
  };
  let starts = 0;
  return {
    start: async () => {
      starts += 1;
      const log = at(`operator-${starts}.log`);
      const file = openSync(log, 'a');
      const args = [...imageFlags(), join(bundle, 'main.js')];
      const child = spawn(process.execPath, args, { env, cwd: folder, stdio: ['ignore', file, file] });
      closeSync(file);
      const abandon = (): void => void child.kill('SIGKILL');
      process.once('exit', abandon);
      child.once('exit', () => process.off('exit', abandon));
      return running(child, await portOf(child, log), log);
    },
  };
}

/** What the image gives to Node before the program. */
function imageFlags(): readonly string[] {
  const entry = /^ENTRYPOINT \["node", (.*)"\/app\/main\.js"\]$/m.exec(readFileSync(dockerfile, 'utf8'))?.[1];
  if (entry === undefined) {
    throw new Error('The image has no entry point as the bench knows it.');
  }
  return [...entry.matchAll(/"([^"]+)"/g)].map(([, flag = '']) => flag);
}

async function portOf(child: ChildProcess, log: string): Promise<number> {
  return until('the operator has started', () => {
    const text = readFileSync(log, 'utf8');
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`The operator has ended: ${text.slice(-1_000)}`);
    }
    const started = text.split('\n').find((line) => line.includes('"the operator has started"'));
    return started === undefined ? undefined : Number(JSON.parse(started).port);
  });
}

function running(child: ChildProcess, port: number, log: string): BenchOperator {
  const { pid = 0 } = child;
  let most = 0;
  const rss = async (): Promise<number> => {
    const now = (statusOf(pid, 'VmRSS') ?? (await residentKilobytes(pid))) * 1024;
    most = Math.max(most, now);
    return now;
  };
  return {
    rss,
    peak: async () => {
      await rss();
      const known = statusOf(pid, 'VmHWM');
      return known === undefined ? most : known * 1024;
    },
    metric: async (name) => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const values = [...text.matchAll(/^kite_operator_(\w+)(?:\{.*\})? (\S+)$/gm)];
      return values
        .filter(([, found]) => found === name)
        .reduce((sum, [, , value]) => sum + Number(value), 0);
    },
    problem: async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
      const text = await answer.text();
      return answer.status === 200 ? '' : text;
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const closed = once(child, 'close');
        child.kill('SIGTERM');
        await closed;
      }
      if (child.exitCode !== 0) {
        const tail = readFileSync(log, 'utf8').slice(-1_000);
        throw new Error(`The operator ended with ${child.exitCode ?? child.signalCode}: ${tail}`);
      }
    },
  };
}

/** A figure of the process in kilobytes, as Linux tells it. */
function statusOf(pid: number, field: 'VmRSS' | 'VmHWM'): number | undefined {
  const path = `/proc/${pid}/status`;
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

async function residentKilobytes(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout.trim());
}
