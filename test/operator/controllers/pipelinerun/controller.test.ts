import { describe, expect, it } from 'vitest';
import { controllers } from '../../../../operator/controllers/all.ts';
import { pipelineRunController } from '../../../../operator/controllers/pipelinerun/controller.ts';
import { taskRunsOf } from '../../../../operator/controllers/pipelinerun/task-run.ts';
import { parseSelector, selects } from '../../../../operator/controllers/selector.ts';
import type { KubeObject, Reader } from '../../../../operator/runtime/controller.ts';
import { received } from '../wire.ts';
import { aRun, aTaskRun, later, pushLabels, settings, step } from './objects.ts';

/** Reads from these objects, and keeps what it was asked for. */
function readerOf(objects: readonly KubeObject[]): Reader & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    get: async () => null,
    list: async (kind, namespace, selector) => {
      asked.push(`${kind.plural}.${kind.group} in ${namespace} with ${selector}`);
      const parsed = parseSelector(selector) ?? [];
      return objects.filter(
        ({ metadata }) => metadata.namespace === namespace && selects(parsed, metadata.labels),
      );
    },
  };
}

const other = { ...aTaskRun({ task: 'other' }) };
const objects = [
  aTaskRun({ task: 'build-container', steps: [step('build', 3)] }),
  { ...other, metadata: { ...other.metadata, labels: { 'tekton.dev/pipelineRun': 'another' } } },
];

describe('the controller of PipelineRuns', () => {
  const controller = pipelineRunController(settings());

  it('watches PipelineRuns and reads TaskRuns', () => {
    expect(controller).toMatchObject({
      name: 'pipelinerun',
      watches: { group: 'tekton.dev', version: 'v1', plural: 'pipelineruns', kind: 'PipelineRun' },
      reads: [{ group: 'tekton.dev', version: 'v1', plural: 'taskruns', kind: 'TaskRun' }],
    });
    expect(controllers.pipelinerun.create(settings()).name).toBe('pipelinerun');
  });

  it('reads the TaskRuns of a run that failed, and of no other', async () => {
    const reader = readerOf(objects);
    const object = aRun({ status: 'False', reason: 'Failed' });
    const observation = await controller.observe({ object, isDeleted: false }, reader, later);
    expect(reader.asked).toEqual([
      'taskruns.tekton.dev in team-falcon-tenant with tekton.dev/pipelineRun=checkout-api-on-push-4n8rk',
    ]);
    expect(received(observation, later)[0]?.failure?.title).toBe(
      'Build of checkout-api failed in build-container: step build exited with code 3',
    );
    const green = aRun({ status: 'True', reason: 'Completed' });
    await controller.observe({ object: green, isDeleted: false }, reader, later);
    expect(reader.asked).toHaveLength(1);
  });

  it('does not look for TaskRuns by a name that no label can have, and reports the run all the same', async () => {
    const reader = readerOf(objects);
    const object = aRun({ status: 'False', reason: 'Failed', metadata: { name: 'x'.repeat(64) } });
    const { reports } = await controller.observe({ object, isDeleted: false }, reader, later);
    expect(reader.asked).toEqual([]);
    expect(reports).toHaveLength(1);
  });

  it('keeps little of a TaskRun, which says the same', () => {
    const whole = aTaskRun({ task: 'build-container', steps: [step('build', 3)] });
    const object = { ...whole, spec: { params: ['x'] }, status: { ...Object(whole.status), podName: 'pod' } };
    const trimmed = controller.trimRead?.(object) ?? object;
    expect(trimmed).not.toHaveProperty('spec');
    expect(trimmed.status).not.toHaveProperty('podName');
    expect(trimmed.metadata.labels).toEqual(whole.metadata.labels);
    const run = { uid: 'ab4d3500-8a07-475f-a351-48cbbd4d6bb5', children: [], embedded: {} };
    expect(taskRunsOf([trimmed], run)).toEqual(taskRunsOf([object], run));
    expect(taskRunsOf([trimmed], run)).toHaveLength(1);
  });

  it('keeps little of a run', () => {
    const run = aRun({
      status: 'True',
      reason: 'Completed',
      labels: { ...pushLabels, team: 'kept for selectors' },
      annotations: { 'pipelinesascode.tekton.dev/sha': '65c936aa', 'chains.tekton.dev/signed': 'true' },
      metadata: { managedFields: [{ manager: 'kubectl' }], finalizers: ['results.tekton.dev/pipelinerun'] },
      spec: { pipelineRef: { name: 'build' }, params: [{ name: 'url', value: 'x' }] },
      rest: {
        pipelineSpec: { tasks: [{ name: 'build' }] },
        completionTime: '2026-05-12T06:49:37Z',
        childReferences: [{ name: 'x', pipelineTaskName: 'y' }],
        results: [{ name: 'IMAGE_URL', value: 'x' }],
      },
    });
    expect(controller.trim?.(run)).toEqual({
      kind: 'PipelineRun',
      metadata: {
        name: 'checkout-api-on-push-4n8rk',
        generateName: 'checkout-api-on-push-',
        namespace: 'team-falcon-tenant',
        uid: 'ab4d3500-8a07-475f-a351-48cbbd4d6bb5',
        resourceVersion: '17',
        creationTimestamp: '2026-05-12T06:40:11.000Z',
        labels: { ...pushLabels, team: 'kept for selectors' },
        annotations: { 'pipelinesascode.tekton.dev/sha': '65c936aa' },
      },
      spec: { pipelineRef: { name: 'build' } },
      status: {
        conditions: run.status && [
          {
            type: 'Succeeded',
            status: 'True',
            reason: 'Completed',
            message: 'Tasks Completed: 5 (Failed: 1, Cancelled 0), Skipped: 9',
            lastTransitionTime: '2026-05-12T06:49:37.000Z',
          },
        ],
        completionTime: '2026-05-12T06:49:37Z',
        results: [],
        childReferences: [],
        taskRuns: {},
      },
    });
  });
});
