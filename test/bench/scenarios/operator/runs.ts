import { createHash } from 'node:crypto';
import type { KubeServer } from '../../../cluster/server.ts';

const namespaces = 20;
const components = 1_000;
const tasks = ['clone-repository', 'build-container', 'sast-scan'];
/** Of annotations that nobody here reads, so that objects are as large as those of clusters: 6 KB a run, 5 KB a TaskRun. */
const ballast = 'x'.repeat(3_500);
/** What etcd takes in one transaction: 128 operations and 1.5 MiB. */
const together = 100;

/** Runs of one phase of the bench, by numbers from 0; components, names and uids are of this phase alone. */
export interface Runs {
  readonly phase: string;
  readonly count: number;
  /** Milliseconds since 1970, whole seconds: when the first was created; each next one at most a second later. */
  readonly from: number;
  /** Between the creations of two runs, in milliseconds. */
  readonly every: number;
}

/** A quarter fails; of each component some do and some do not. */
export function isFailing(index: number): boolean {
  return (index + Math.floor(index / components)) % 4 === 0;
}

export function componentOf({ phase }: Runs, index: number): string {
  return `${phase}-${index % components}`;
}

export function nameOf(runs: Runs, index: number): string {
  return `${componentOf(runs, index)}-on-push-${index}`;
}

export function namespaceOf(index: number): string {
  return `bench-${(index % components) % namespaces}`;
}

export function namespaceNames(): readonly string[] {
  return Array.from({ length: namespaces }, (_, index) => `bench-${index}`);
}

/** What a run's status says when it has ended, at whole seconds. */
export function endOf(index: number, at: number): object {
  const failed = isFailing(index);
  return {
    conditions: [
      {
        type: 'Succeeded',
        status: failed ? 'False' : 'True',
        reason: failed ? 'Failed' : 'Completed',
        message: failed ? 'Tasks Completed: 2 (Failed: 1), Skipped: 1' : 'Tasks Completed: 3, Skipped: 0',
        lastTransitionTime: time(at),
      },
    ],
    completionTime: time(at),
  };
}

/**
 * Puts runs into a cluster at once: etcd is given the objects, since the API server would take a minute and decide on
 * the times itself. Whoever watches is told of them as of all others.
 *
 * @param isEnded whether they have ended, ten minutes after they began, with all their TaskRuns; else they go on, and
 *   only those that will fail have theirs
 */
export async function putRuns(
  server: KubeServer,
  runs: Runs,
  isEnded: boolean,
  signal: AbortSignal,
): Promise<void> {
  let pending: Stored[] = [];
  for (let index = 0; index < runs.count; index += 1) {
    pending.push(stored('pipelineruns', run(runs, index, isEnded)));
    if (isEnded || isFailing(index)) {
      pending.push(...tasks.map((task) => stored('taskruns', taskRun(runs, index, task))));
    }
    if (pending.length >= together || index === runs.count - 1) {
      signal.throwIfAborted();
      await put(server, pending);
      pending = [];
    }
  }
}

interface Stored {
  readonly key: string;
  readonly value: string;
}

interface Named {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

function stored(plural: string, object: Named): Stored {
  const { namespace, name } = object.metadata;
  return { key: `/registry/tekton.dev/${plural}/${namespace}/${name}`, value: JSON.stringify(object) };
}

async function put({ etcdUrl }: KubeServer, objects: readonly Stored[]): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const answer = await fetch(`${etcdUrl}/v3/kv/txn`, {
    method: 'POST',
    body: JSON.stringify({
      success: objects.map(({ key, value }) => ({ requestPut: { key: base64(key), value: base64(value) } })),
    }),
  });
  if (!answer.ok) {
    throw new Error(`etcd answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
  }
  await answer.arrayBuffer();
}

function run(runs: Runs, index: number, isEnded: boolean): Named {
  const { from, every } = runs;
  const created = from + Math.floor((index * every) / 1_000) * 1_000;
  const [name, component] = [nameOf(runs, index), componentOf(runs, index)];
  const going = { conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'Running' }] };
  const object = {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name,
      generateName: `${component}-on-push-`,
      namespace: namespaceOf(index),
      uid: uid(name),
      creationTimestamp: time(created),
      labels: {
        'appstudio.openshift.io/application': 'bench',
        'appstudio.openshift.io/component': component,
        'pipelines.appstudio.openshift.io/type': 'build',
        'pipelinesascode.tekton.dev/event-type': 'push',
        'pipelinesascode.tekton.dev/original-prname': `${component}-on-push`,
        'tekton.dev/pipeline': name,
      },
      annotations: {
        'build.appstudio.redhat.com/commit_sha': uid(name).replaceAll('-', ''),
        'build.appstudio.redhat.com/target_branch': 'main',
        'pipelinesascode.tekton.dev/repo-url': `https://github.com/bench/${component}`,
        'chains.tekton.dev/payload': ballast,
      },
    },
    spec: { pipelineRef: { resolver: 'bundles' } },
    status: {
      startTime: time(created),
      childReferences: tasks.map((task) => ({
        ...{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun' },
        ...{ name: `${name}-${task}`, pipelineTaskName: task },
      })),
      ...(isEnded ? endOf(index, created + 600_000) : going),
    },
  };
  return object;
}

function taskRun(runs: Runs, index: number, task: string): Named {
  const run = nameOf(runs, index);
  const failed = isFailing(index) && task === 'build-container';
  const ended = time(runs.from);
  const object = {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: {
      name: `${run}-${task}`,
      namespace: namespaceOf(index),
      uid: uid(`${run}-${task}`),
      creationTimestamp: ended,
      labels: { 'tekton.dev/pipelineRun': run, 'tekton.dev/pipelineTask': task },
      annotations: { 'chains.tekton.dev/payload': ballast },
      ownerReferences: [
        { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: run, uid: uid(run), controller: true },
      ],
    },
    spec: { taskRef: { name: task } },
    status: {
      podName: `${run}-${task}-pod`,
      completionTime: ended,
      conditions: [
        {
          type: 'Succeeded',
          status: failed ? 'False' : 'True',
          reason: failed ? 'Failed' : 'Succeeded',
          message: failed ? '"step-build" exited with code 3' : 'All Steps have completed executing',
          lastTransitionTime: ended,
        },
      ],
      steps: ['prepare', 'build', 'push'].map((step) => ({
        name: step,
        container: `step-${step}`,
        terminated: { exitCode: failed && step === 'build' ? 3 : 0, reason: 'Completed', finishedAt: ended },
      })),
    },
  };
  return object;
}

function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** The same for the same name, in the form of a uid. */
function uid(name: string): string {
  const digest = createHash('sha256').update(name).digest('hex');
  return [8, 4, 4, 4, 12]
    .reduce<{ readonly parts: readonly string[]; readonly at: number }>(
      ({ parts, at }, length) => ({ parts: [...parts, digest.slice(at, at + length)], at: at + length }),
      { parts: [], at: 0 },
    )
    .parts.join('-');
}
