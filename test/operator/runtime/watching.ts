import { type Cluster, connectCluster } from '../../../operator/runtime/cluster.ts';
import type { Controller, Observation, Outgoing, Subject } from '../../../operator/runtime/controller.ts';
import type { Log } from '../../../operator/runtime/log.ts';
import { createManager, type Manager, type ManagerOptions } from '../../../operator/runtime/manager.ts';
import type { Telemetry } from '../../../operator/runtime/telemetry.ts';
import { type KubeAddress, type KubeClient, writeKubeconfig } from '../../cluster/client.ts';

/** The operator's own client, as it comes from a kubeconfig. */
export async function connectTo(address: KubeAddress): Promise<Cluster> {
  return connectCluster({ kubeconfig: await writeKubeconfig(address), env: {}, clock: Date.now });
}

/** A line of the log. */
export interface Line {
  readonly level: keyof Log;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly sentence: string;
}

export function recordingLog(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: keyof Log) => (fields: object, sentence: string) => {
    lines.push({ level, fields: { ...fields }, sentence });
  };
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
}

/** Counts by name and labels, such as `watch_restarts{controller="configmap",reason="gone"}`. */
export function countingTelemetry(): { readonly telemetry: Telemetry; readonly counts: Map<string, number> } {
  const counts = new Map<string, number>();
  const keyOf = (name: string, labels: Readonly<Record<string, string>> = {}): string => {
    const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
  };
  return {
    counts,
    telemetry: {
      count: (name, labels, by = 1) => {
        const key = keyOf(name, labels);
        counts.set(key, (counts.get(key) ?? 0) + by);
      },
      gauge: (name, value, labels) => void counts.set(keyOf(name, labels), value),
      time: (name, _, labels) => void counts.set(keyOf(name, labels), 1),
    },
  };
}

export const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap' };

/** What a look at a ConfigMap said: `name@value`, with ` gone` for a deletion. */
export function said({ object, isDeleted }: Subject): string {
  const data = object.data as Readonly<Record<string, string>> | undefined;
  return `${object.metadata.name}@${data?.value ?? '?'}${isDeleted ? ' gone' : ''}`;
}

/** Reports each ConfigMap of the tests: failing while its value is `bad`. */
export function configMapController(
  observe: (subject: Subject) => Partial<Observation> | Promise<Partial<Observation>> = () => ({}),
): Controller & { readonly looks: string[] } {
  const looks: string[] = [];
  return {
    name: 'configmap',
    watches: CONFIG_MAPS,
    reads: [],
    looks,
    observe: async (subject) => {
      looks.push(said(subject));
      const { metadata } = subject.object;
      const data = subject.object.data as Readonly<Record<string, string>> | undefined;
      const value = data?.value ?? '?';
      const report: Outgoing = {
        controller: 'configmap',
        outcome: value === 'bad' ? 'failing' : 'passing',
        subject: `${metadata.namespace}/${metadata.name}`,
        eventId: `${metadata.uid}/${value}${subject.isDeleted ? '/gone' : ''}`,
        report: { said: said(subject) },
      };
      return { reports: [report], reason: `it is ${value}`, ...(await observe(subject)) };
    },
  };
}

export interface Watching {
  readonly manager: Manager;
  readonly controller: ReturnType<typeof configMapController>;
  /** `said` of each accepted report, in order. */
  readonly accepted: string[];
  readonly lines: Line[];
  readonly counts: Map<string, number>;
  /** Ends the run that is under way; the manager can be run again by `begin`. */
  end(): Promise<void>;
  begin(): void;
  close(): Promise<void>;
}

/** A manager that runs until it is closed. */
export async function watchConfigMaps(
  address: KubeAddress,
  options: Partial<ManagerOptions> & { readonly controller?: ReturnType<typeof configMapController> },
): Promise<Watching> {
  const cluster = await connectTo(address);
  const { log, lines } = recordingLog();
  const { telemetry, counts } = countingTelemetry();
  const { controller = configMapController(), ...rest } = options;
  const accepted: string[] = [];
  const manager = createManager({
    cluster,
    controllers: [controller],
    namespaces: {},
    accept: async (reports) => void accepted.push(...reports.map(({ report }) => String(report.said))),
    telemetry,
    log,
    clock: Date.now,
    random: Math.random,
    ...rest,
  });
  let stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const begin = (): void => {
    stop = new AbortController();
    running = manager.run(stop.signal);
  };
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  begin();
  const close = async (): Promise<void> => {
    await end();
    await cluster.close();
  };
  return { manager, controller, accepted, lines, counts, begin, end, close };
}

/** Makes a ConfigMap, or gives it another value. */
export async function put(client: KubeClient, namespace: string, name: string, value: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const { status } = await client.call('PATCH', `${path}/${name}`, { data: { value } });
  if (status === 404) {
    await client.must('POST', path, { metadata: { name }, data: { value } });
  } else if (status >= 300) {
    throw new Error(`${name} cannot be written: ${status}`);
  }
}

export async function remove(client: KubeClient, namespace: string, name: string): Promise<void> {
  await client.must('DELETE', `/api/v1/namespaces/${namespace}/configmaps/${name}`);
}
