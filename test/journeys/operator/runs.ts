import { randomBytes } from 'node:crypto';
import type { KubeClient } from '../../cluster/client.ts';
import { until } from '../../cluster/until.ts';

const TEKTON = '/apis/tekton.dev/v1/namespaces';

/** A run that exists. */
export interface Run {
  readonly name: string;
  readonly uid: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

interface End {
  readonly passed: boolean;
  /** Milliseconds since 1970; now when absent. */
  readonly at?: number;
}

/** What Tekton and its users do in a namespace. */
export class Pipelines {
  readonly #client: KubeClient;
  readonly #namespace: string;

  constructor(client: KubeClient, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  /** A push build of a component that has just begun. */
  async begin(component: string): Promise<Run> {
    const name = `${component}-on-push-${randomBytes(4).toString('hex')}`;
    const { metadata } = await this.#client.must('POST', this.#path('pipelineruns'), {
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      metadata: {
        name,
        generateName: `${component}-on-push-`,
        labels: {
          'appstudio.openshift.io/application': 'checkout',
          'appstudio.openshift.io/component': component,
          'pipelines.appstudio.openshift.io/type': 'build',
          'pipelinesascode.tekton.dev/event-type': 'push',
        },
      },
      spec: { pipelineRef: { name: 'build' } },
    });
    return { name, uid: metadata.uid, createdAt: Date.parse(metadata.creationTimestamp) };
  }

  async end({ name }: Run, { passed, at = Date.now() }: End): Promise<void> {
    await this.#status('pipelineruns', name, {
      type: 'Succeeded',
      status: passed ? 'True' : 'False',
      reason: passed ? 'Completed' : 'Failed',
      message: passed ? 'Tasks Completed: 5, Skipped: 0' : 'Tasks Completed: 1 (Failed: 1), Skipped: 4',
      lastTransitionTime: new Date(at).toISOString(),
    });
  }

  async pass(component: string): Promise<Run> {
    const run = await this.begin(component);
    await this.end(run, { passed: true });
    return run;
  }

  async fail(component: string): Promise<Run> {
    const run = await this.begin(component);
    await this.end(run, { passed: false });
    return run;
  }

  /** A task of a run, one step of which has ended with an exit code of 3. */
  async failTask({ name: run, uid }: Run, task: string): Promise<void> {
    const name = `${run}-${task}`;
    await this.#client.must('POST', this.#path('taskruns'), {
      apiVersion: 'tekton.dev/v1',
      kind: 'TaskRun',
      metadata: {
        name,
        labels: { 'tekton.dev/pipelineRun': run, 'tekton.dev/pipelineTask': task },
        ownerReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: run, uid }],
      },
      spec: { taskRef: { name: task } },
    });
    const failed = { type: 'Succeeded', status: 'False', reason: 'Failed', message: 'it did not compile' };
    const step = {
      name: 'compile',
      container: 'step-compile',
      terminated: { exitCode: 3, reason: 'Error' },
    };
    await this.#status('taskruns', name, failed, {
      podName: `${name}-pod`,
      steps: [step],
      completionTime: new Date().toISOString(),
    });
  }

  async remove({ name }: Run): Promise<void> {
    await this.#client.must('DELETE', `${this.#path('pipelineruns')}/${name}`);
  }

  async #status(plural: string, name: string, condition: unknown, rest: object = {}): Promise<void> {
    const status = { conditions: [condition], ...rest };
    await this.#client.must('PATCH', `${this.#path(plural)}/${name}/status`, { status });
  }

  #path(plural: string): string {
    return `${TEKTON}/${this.#namespace}/${plural}`;
  }
}

/** A cluster counts in whole seconds: what is made from now on is newer than this run. */
export async function after({ createdAt }: Run): Promise<void> {
  await until('a later second', () => Date.now() >= createdAt + 1_000);
}
