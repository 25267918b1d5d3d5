import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findAssets } from './assets.ts';
import { type KubeAddress, KubeClient } from './client.ts';
import { directory } from './directory.ts';
import { freePort } from './port.ts';
import { until } from './until.ts';

type Program = 'etcd' | 'kube-apiserver';

export interface KubeServer {
  readonly address: KubeAddress;
  /** With all rights. */
  readonly client: KubeClient;
  /** Of etcd, whose gateway answers to JSON. */
  readonly etcdUrl: string;
  /** Where the logs, the certificates and, with `isAudited`, `audit.log` are. */
  readonly directory: string;
  /** Ends a program, the hard way unless told otherwise. */
  kill(program: Program, signal?: NodeJS.Signals): Promise<void>;
  /** Starts a program that was killed on the same data and port, and waits until the API server is ready. */
  restart(program: Program): Promise<void>;
  /** Halts a program without ending it, as a machine that hangs. */
  freeze(program: Program): void;
  thaw(program: Program): void;
  /** Ends both and removes their data. */
  stop(): Promise<void>;
}

export interface KubeServerOptions {
  /** For the API server, such as `--watch-cache-sizes=pipelineruns.tekton.dev#0`. */
  readonly flags?: readonly string[];
  /** Writes a line for each request into `audit.log`. */
  readonly isAudited?: boolean;
}

const READY_TIMEOUT = 60_000;
const AUDIT_POLICY =
  '{"apiVersion":"audit.k8s.io/v1","kind":"Policy","omitStages":["RequestReceived"],"rules":[{"level":"Metadata"}]}';

/**
 * An etcd and an API server of their own on loopback, ready in about 3 s, with 370 MiB of memory. They end with the
 * process that starts them, however it ends. No controllers run: nothing is garbage-collected, and a deleted namespace
 * stays `Terminating`.
 */
export async function startKubeServer(options: KubeServerOptions = {}): Promise<KubeServer> {
  const assets = await findAssets();
  if (assets === undefined) {
    throw new Error('There is no API server to start: npm run cluster:build');
  }
  const place = await directory('server');
  const at = (name: string): string => join(place, name);
  const token = randomBytes(16).toString('hex');
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await Promise.all([
    writeFile(at('sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 }),
    writeFile(at('sa.pub'), publicKey.export({ type: 'spki', format: 'pem' })),
    writeFile(at('tokens.csv'), `${token},admin,admin,"system:masters"\n`, { mode: 0o600 }),
    writeFile(at('audit.json'), AUDIT_POLICY),
  ]);
  const [clients, peers, port] = [await freePort(), await freePort(), await freePort()];
  const [etcd, peer] = [`http://127.0.0.1:${clients}`, `http://127.0.0.1:${peers}`];
  const args: Readonly<Record<Program, readonly string[]>> = {
    etcd: [
      `--data-dir=${at('etcd')}`,
      ...[`--listen-client-urls=${etcd}`, `--advertise-client-urls=${etcd}`],
      ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`],
      `--initial-cluster=default=${peer}`,
      ...['--unsafe-no-fsync', '--log-level=warn'],
    ],
    'kube-apiserver': [
      `--etcd-servers=${etcd}`,
      // It makes its own certificate there, which is also the CA file for clients.
      `--cert-dir=${at('certs')}`,
      ...['--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', `--secure-port=${port}`],
      ...['--endpoint-reconciler-type=none', '--service-cluster-ip-range=10.0.0.0/24'],
      '--service-account-issuer=https://kubernetes.default.svc',
      ...[`--service-account-key-file=${at('sa.pub')}`, `--service-account-signing-key-file=${at('sa.key')}`],
      ...[`--token-auth-file=${at('tokens.csv')}`, '--authorization-mode=RBAC'],
      ...['--disable-admission-plugins=ServiceAccount', '--profiling=false'],
      ...(options.isAudited === true
        ? [`--audit-policy-file=${at('audit.json')}`, `--audit-log-path=${at('audit.log')}`]
        : []),
      ...(options.flags ?? []),
    ],
  };
  const running = new Map<Program, ChildProcess>();
  const caFile = at('certs/apiserver.crt');
  const url = `https://127.0.0.1:${port}`;

  const start = (program: Program): void => {
    const log = openSync(at(`${program}.log`), 'a');
    const child = spawn(join(assets, program), args[program], {
      stdio: ['ignore', log, log],
      // Collecting more often costs little here, and keeps both within the memory that they need.
      env: { ...process.env, KITE_CLUSTER_DIES_WITH_PARENT: '1', GOGC: '50' },
    });
    closeSync(log);
    running.set(program, child);
  };
  const ready = (): Promise<KubeClient> =>
    until(
      `the API server is ready, see ${at('kube-apiserver.log')}`,
      async () => {
        const child = running.get('kube-apiserver');
        if (child?.exitCode !== null) {
          throw new Error(`kube-apiserver has ended: ${lastLines(at('kube-apiserver.log'))}`);
        }
        if (!existsSync(caFile)) {
          return undefined;
        }
        const client = new KubeClient({ url, ca: readFileSync(caFile, 'utf8'), token });
        if (await client.isReady()) {
          return client;
        }
        await client.close();
        return undefined;
      },
      READY_TIMEOUT,
    );
  const kill = async (program: Program, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    const child = running.get(program);
    running.delete(program);
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    }
  };
  const end = async (): Promise<void> => {
    await kill('kube-apiserver');
    await kill('etcd');
    await rm(place, { recursive: true, force: true });
  };

  try {
    start('etcd');
    start('kube-apiserver');
    const client = await ready();
    return {
      address: client.address,
      client,
      etcdUrl: etcd,
      directory: place,
      kill,
      restart: async (program) => {
        start(program);
        await (await ready()).close();
      },
      freeze: (program) => void running.get(program)?.kill('SIGSTOP'),
      thaw: (program) => void running.get(program)?.kill('SIGCONT'),
      stop: async () => {
        await client.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function lastLines(path: string): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-3).join('\n').slice(-1_000);
}
