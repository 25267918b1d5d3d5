import type * as z from 'zod/mini';
import type { KubeObject } from '../../runtime/controller.ts';
import { type Condition, condition, list, metadata, part, text, timeOf } from '../lenient.ts';
import { embeddedTaskRuns } from './task-run.ts';

const pac = 'pipelinesascode.tekton.dev/';
/** What Snapshots and test runs have of Pipelines-as-Code's words is copied under this. */
const copiedPac = 'pac.test.appstudio.openshift.io/';

const pacWords =
  'log-url sha-url sha repo-url source-branch branch pull-request original-prname event-type git-provider'.split(
    ' ',
  );

/** The annotations that anything here reads. The others, which may be long, are forgotten; of labels none is. */
const annotations = new Set([
  ...pacWords.flatMap((key) => [pac + key, copiedPac + key]),
  ...['commit_sha', 'target_branch', 'pull_request_number'].map((key) => `build.appstudio.redhat.com/${key}`),
  'test.appstudio.openshift.io/create-snapshot-status',
  'test.appstudio.openshift.io/pr-status',
  'appstudio.openshift.io/snapshot',
]);

const runSchema = part({
  kind: text,
  metadata,
  spec: part({ pipelineRef: part({ name: text }) }),
  status: part({
    conditions: list(condition),
    startTime: text,
    completionTime: text,
    childReferences: list(part({ name: text, displayName: text, pipelineTaskName: text })),
    results: list(part({ name: text, value: text })),
    taskRuns: embeddedTaskRuns,
  }),
});

/** A PipelineRun as far as it is read here. */
export type Run = z.output<typeof runSchema>;

/** Of each object what was read of it: a run is asked about several times, and reading is half of all the work. */
const known = new WeakMap<object, Run>();

/** Whatever is not as it should be counts as absent. What is read must not change any more. */
export function readRun(object: unknown): Run {
  if (typeof object !== 'object' || object === null) {
    return runSchema.parse(object);
  }
  const run = known.get(object) ?? runSchema.parse(object);
  known.set(object, run);
  return run;
}

/** The run without what nobody here reads; what tells of its tasks is kept only where they are asked about. */
export function trimRun(object: KubeObject): KubeObject {
  const whole = runSchema.parse(object);
  const { childReferences, taskRuns, results, ...times } = whole.status;
  const judged = succeeded(whole);
  const hasPassed = judged?.status === 'True';
  const run: Run = {
    ...whole,
    metadata: {
      ...whole.metadata,
      annotations: Object.fromEntries(
        Object.entries(whole.metadata.annotations).filter(([key]) => annotations.has(key)),
      ),
    },
    status: {
      ...times,
      conditions: judged === undefined ? [] : [judged],
      results: results.filter(({ name: key }) => isTestOutput(key)),
      childReferences: hasPassed ? [] : childReferences,
      taskRuns: hasPassed ? {} : taskRuns,
    },
  };
  const { name = '', namespace = '', uid = '', resourceVersion = '', creationTimestamp = '' } = run.metadata;
  const trimmed = {
    ...run,
    metadata: { ...run.metadata, ...{ name, namespace, uid, resourceVersion, creationTimestamp } },
  };
  known.set(trimmed, run);
  return trimmed;
}

/** Whether a result of this name tells how a test ended. */
export function isTestOutput(name: string | undefined): boolean {
  return name === 'TEST_OUTPUT' || name === 'HACBS_TEST_OUTPUT';
}

/** The condition that a run is judged by. */
export function succeeded(run: Run): Condition | undefined {
  return run.status.conditions.find(({ type }) => type === 'Succeeded');
}

export function createdAt(run: Run): number | undefined {
  return timeOf(run.metadata.creationTimestamp);
}

/** When the run came to be as it is; never before it was created, as a restored backup would have it. */
export function changedAt(run: Run): number | undefined {
  const created = createdAt(run);
  const changed =
    timeOf(succeeded(run)?.lastTransitionTime) ??
    timeOf(run.status.completionTime) ??
    timeOf(run.status.startTime) ??
    created;
  return changed === undefined ? undefined : Math.max(changed, created ?? changed);
}

/** What makes the run distinct for ever: its uid; the name of one that has none. */
export function uniqueId({ metadata: { uid, namespace, name } }: Run): string {
  return uid ?? `${namespace}/${name}`;
}

/** A label or, where there is no such label, the annotation of that name; one that is blank counts as absent. */
export function word(run: Run, key: string): string | undefined {
  return [run.metadata.labels[key], run.metadata.annotations[key]].find(
    (value) => value !== undefined && value.trim() !== '',
  );
}

/** A word of Pipelines-as-Code, which it writes as a label, an annotation or both, or that was copied to a test run. */
export function pacWord(run: Run, key: string): string | undefined {
  return word(run, pac + key) ?? word(run, copiedPac + key);
}

/** The first of these labels or annotations. */
export function firstWord(run: Run, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = word(run, key);
    if (value !== undefined) {
      return value;
    }
  }
  return undefined;
}
