import * as z from 'zod/mini';
import type { KubeObject } from '../../runtime/controller.ts';
import { condition, list, part, text, texts, timeOf, whole } from '../lenient.ts';

const container = part({
  name: text,
  container: text,
  terminationReason: text,
  terminated: part({ exitCode: whole, reason: text }),
});
export type Container = z.output<typeof container>;

const result = part({ name: text, value: text });

const status = part({
  conditions: list(condition),
  startTime: text,
  completionTime: text,
  steps: list(container),
  sidecars: list(container),
  results: list(result),
  /** What `results` was called before version 1. */
  taskResults: list(result),
});

const taskRunSchema = part({
  metadata: part({
    name: text,
    labels: texts,
    ownerReferences: list(part({ kind: text, uid: text })),
  }),
  status,
});
export type TaskRun = z.output<typeof taskRunSchema> & {
  /** The task's name within its pipeline. */
  readonly task: string;
};

/** The TaskRun without what nobody here reads. */
export function trimTaskRun(object: KubeObject): KubeObject {
  const { metadata, status } = taskRunSchema.parse(object);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    metadata: {
      ...{ name, namespace, uid, resourceVersion, creationTimestamp },
      annotations: {},
      ...metadata,
      name,
    },
    status,
  };
}

/** The TaskRuns that runs held within themselves before version 1, by name. */
const embedded = z.record(z.string(), part({ pipelineTaskName: text, status }));
type Embedded = z.output<typeof embedded>;
const none = (): Embedded => ({});
export const embeddedTaskRuns = z.catch(z._default(embedded, none), none);

interface Owner {
  readonly uid: string | undefined;
  readonly children: readonly {
    readonly name?: string | undefined;
    readonly displayName?: string | undefined;
    readonly pipelineTaskName?: string | undefined;
  }[];
  readonly embedded: Embedded;
}

/**
 * A run's TaskRuns, in the order in which they ended. One that belongs to another run, of the same name and deleted since,
 * is left out.
 */
export function taskRunsOf(
  objects: readonly unknown[],
  { uid, children, embedded: within }: Owner,
): readonly TaskRun[] {
  const names = new Map(children.map((child) => [child.name, child.displayName ?? child.pipelineTaskName]));
  const read = objects
    .map((object) => taskRunSchema.parse(object))
    .filter(({ metadata }) => {
      const owner = metadata.ownerReferences.find(({ kind }) => kind === 'PipelineRun')?.uid;
      return owner === undefined || uid === undefined || owner === uid;
    })
    .map((one) => {
      const { name, labels } = one.metadata;
      return { ...one, task: names.get(name) ?? labels['tekton.dev/pipelineTask'] ?? name ?? '(unnamed)' };
    });
  const known = new Set(read.map(({ metadata }) => metadata.name));
  const inside = Object.entries(within)
    .filter(([name]) => !known.has(name))
    .map(([name, { pipelineTaskName, status: inner }]) => ({
      metadata: { name, labels: {}, ownerReferences: [] },
      status: inner,
      task: pipelineTaskName ?? name,
    }));
  return [...read, ...inside]
    .map((taskRun) => ({ taskRun, end: endOf(taskRun) }))
    .sort((a, b) => a.end - b.end || compare(a.taskRun.task, b.taskRun.task))
    .map(({ taskRun }) => taskRun);
}

export function succeeded(taskRun: TaskRun) {
  return taskRun.status.conditions.find(({ type }) => type === 'Succeeded');
}

function endOf(taskRun: TaskRun): number {
  const last = succeeded(taskRun)?.lastTransitionTime;
  return timeOf(taskRun.status.completionTime) ?? timeOf(last) ?? Number.MAX_SAFE_INTEGER;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

const noFailures = new Set(['FailureIgnored', 'ToBeRetried', 'TaskRunCancelled']);

/** Whether the TaskRun failed; one whose failure is ignored, tried again or was stopped did not. */
export function hasFailed(taskRun: TaskRun): boolean {
  const end = succeeded(taskRun);
  return end?.status === 'False' && !noFailures.has(end.reason ?? '');
}

/** Whether it was still going when its run ended, or still is. */
export function isUnfinished(taskRun: TaskRun): boolean {
  const end = succeeded(taskRun);
  return end === undefined || end.status === 'Unknown' || end.reason === 'TaskRunCancelled';
}

/** The step (or sidecar) that failed first; those after it are skipped and seem to fail too. */
export function failedContainer(containers: readonly Container[]): Container | undefined {
  return containers.find(
    ({ terminated, terminationReason }) =>
      terminated.exitCode !== undefined &&
      terminated.exitCode !== 0 &&
      terminationReason !== 'Continued' &&
      terminationReason !== 'Skipped',
  );
}
