import { describe, expect, it } from 'vitest';
import { observe } from '../../../../operator/controllers/pipelinerun/observe.ts';
import type { KubeObject } from '../../../../operator/runtime/controller.ts';
import { received } from '../wire.ts';
import { aRun, aTaskRun, ended, later, settings, step, type TaskParts } from './objects.ts';

function look(taskRuns: readonly KubeObject[], run = aRun({ status: 'False', reason: 'Failed' })) {
  const [report] = received(observe({ object: run, isDeleted: false }, taskRuns, settings(), later), later);
  return {
    title: report?.failure?.title,
    text: report?.failure?.description ?? '',
    labels: report?.labels,
    links: report?.failure?.links ?? [],
  };
}

const oom = step('build', 137, 'OOMKilled');
const failed = step('build', 2);

/** [the TaskRun's reason, what else it says, what the title says of it, who can mend it] */
const rows: [string, Partial<TaskParts>, string, string][] = [
  ['Failed', { steps: [step('pull', 0, 'Completed'), failed] }, 'step build exited with code 2', 'unknown'],
  ['Failed', { steps: [oom] }, 'step build ran out of memory', 'user'],
  ['Failed', {}, 'it failed', 'unknown'],
  ['Failed', { message: '[User error] no such parameter' }, 'it failed', 'user'],
  ['TaskRunTimeout', { steps: [step('build', 1, 'TaskRunTimeout')] }, 'longer than its timeout', 'unknown'],
  ['TaskRunImagePullFailed', { message: 'image "x" could not be pulled' }, 'an image could', 'unknown'],
  ['TaskRunImagePullFailed', { message: 'x: manifest unknown' }, 'an image could not be pulled', 'user'],
  ['TaskRunImagePullFailed', { message: 'pull: 503 Service Unavailable' }, 'an image could', 'platform'],
  ['CreateContainerConfigError', { message: 'secret "s" not found' }, 'such as a secret', 'user'],
  ['PodCreationFailed', { message: 'pods "x" is forbidden: exceeded quota' }, 'the quota of', 'platform'],
  ['PodCreationFailed', { message: 'serviceaccount "x" not found' }, 'its pod could not be', 'user'],
  ['PodCreationFailed', { message: 'it went wrong' }, 'its pod could not be created', 'unknown'],
  ['TaskRunResolutionFailed', { message: 'task "x" not found in bundle' }, 'be fetched', 'user'],
  ['TaskRunResolutionFailed', { message: 'resolution timed out' }, 'could not be fetched', 'platform'],
  ['TaskRunValidationFailed', { message: 'missing values for [appName]' }, 'is not given what', 'user'],
  ['TaskValidationFailed', { message: 'steps are bad' }, 'its task is not valid', 'user'],
  ['TaskRunResultLargerThanAllowedLimit', {}, 'its results are larger than', 'user'],
  ['PodEvicted', { message: 'The node was low on resource: memory' }, 'evicted', 'platform'],
  ['PodEvicted', { message: 'Pod was evicted' }, 'evicted', 'platform'],
  ['PodEvicted', { message: 'Usage of EmptyDir volume "w" exceeds the limit "1Gi"' }, 'evicted', 'user'],
  ['StepOOM', { steps: [oom] }, 'step build ran out of memory', 'user'],
  ['StepOOM', {}, 'a step ran out of memory', 'user'],
  ['StepFailed', { steps: [failed] }, 'step build exited with code 2', 'unknown'],
  ['StepFailed', {}, 'a step failed', 'unknown'],
  ['SidecarOOM', { sidecars: [step('db', 137, 'OOMKilled')] }, 'sidecar db ran out of memory', 'user'],
  ['SidecarFailed', { sidecars: [step('db', 3)] }, 'sidecar db exited with code 3', 'unknown'],
  ['InitContainerOOM', {}, 'before the first step ran out of memory', 'platform'],
  ['InitContainerFailed', {}, 'before the first step failed', 'platform'],
  ['SomethingNew', {}, 'it failed (SomethingNew)', 'unknown'],
];

describe('each reason of a TaskRun that failed', () => {
  it.each(rows)('%s %j: %s', (reason, parts, words, cause) => {
    const { title, text, labels, links } = look([aTaskRun({ task: 'build-container', reason, ...parts })]);
    expect(title).toContain('Build of checkout-api failed in build-container: ');
    expect(title).toContain(words);
    expect(text).toContain(`Task build-container failed: `);
    expect(text).toContain(`(${reason})`);
    expect(text).toContain((parts.message ?? '').replace('[User error] ', ''));
    expect(labels).toMatchObject({ cause, task: 'build-container', reason: 'Failed' });
    expect(links).toContainEqual({
      title: 'Logs of task build-container',
      url: 'https://console.example/ns/team-falcon-tenant/applications/checkout/taskruns/checkout-api-on-push-4n8rk-build-container/logs',
    });
  });

  it('names the step that made it fail, not one that may fail or was skipped', () => {
    const steps = [
      { ...step('lint', 1), terminationReason: 'Continued' },
      { ...step('sign', 1), terminationReason: 'Skipped' },
      { ...step('push', 4), terminationReason: 'Error' },
    ];
    const { title } = look([aTaskRun({ task: 'build-container', steps })]);
    expect(title).toContain('failed in build-container: step push exited with code 4');
  });

  it.each(['FailureIgnored', 'ToBeRetried', 'TaskRunCancelled'])('%s is no failure', (reason) => {
    const { title, text } = look([aTaskRun({ task: 'lint', reason, steps: [failed] })]);
    expect(title).toBe('Build of checkout-api failed');
    expect(text).not.toContain('lint');
  });
});

describe('the tasks of a run that failed', () => {
  const first = aTaskRun({ task: 'scan', ended: ended - 60_000, steps: [step('run', 1)], message: 'one' });
  const second = aTaskRun({ task: 'build-container', reason: 'StepOOM', steps: [oom], message: 'two' });

  it('are all told, the first that ended first, whatever the order in which they are read', () => {
    const { title, text } = look([second, first]);
    expect(title).toBe('Build of checkout-api failed in scan: step run exited with code 1');
    expect(text.indexOf('Task scan failed')).toBeLessThan(text.indexOf('Task build-container failed'));
    expect(text).toContain('Task build-container failed: step build ran out of memory (StepOOM).\ntwo');
    expect(look([first, second])).toEqual(look([second, first]));
  });

  it('are not told where they belong to an older run of the same name', () => {
    const { title } = look([aTaskRun({ task: 'scan', owner: 'another-uid' })]);
    expect(title).toBe('Build of checkout-api failed');
  });

  it('are told from within the run, as before version 1', () => {
    const run = aRun({
      status: 'False',
      reason: 'Failed',
      rest: {
        taskRuns: {
          'checkout-api-on-push-4n8rk-scan': {
            pipelineTaskName: 'scan',
            status: { conditions: first.status && [{ type: 'Succeeded', status: 'False' }], steps: [failed] },
          },
        },
      },
    });
    expect(look([], run).title).toBe('Build of checkout-api failed in scan: step build exited with code 2');
  });

  it('may be gone: then the run says what it knows', () => {
    const { title, text } = look([]);
    expect(title).toBe('Build of checkout-api failed');
    expect(text).toContain('Tasks Completed: 5 (Failed: 1, Cancelled 0), Skipped: 9');
    expect(text).toContain('the log says more');
  });

  it('are named as the run shows them', () => {
    const run = aRun({
      status: 'False',
      reason: 'Failed',
      rest: {
        childReferences: [
          { kind: 'TaskRun', name: 'checkout-api-on-push-4n8rk-scan', displayName: 'Scan for secrets' },
        ],
      },
    });
    expect(look([first], run).title).toContain('failed in Scan for secrets: ');
  });

  it('that were not finished are told of a run that timed out', () => {
    const run = aRun({ status: 'False', reason: 'PipelineRunTimeout' });
    const { title, text } = look([aTaskRun({ task: 'build-container', reason: 'TaskRunCancelled' })], run);
    expect(title).toBe('Build of checkout-api timed out in build-container');
    expect(text).toContain('Task build-container was not finished.');
  });

  it('say the same of another run that fails in the same way', () => {
    const tell = (name: string) => {
      const task = `${name}-scan`;
      const run = aRun({
        status: 'False',
        reason: 'Failed',
        message: `PipelineRun "${name}" failed`,
        metadata: { name },
      });
      const taskRun = aTaskRun({
        task: 'scan',
        steps: [step('run', 1)],
        message: `"step-run" exited with code 1; for logs run: kubectl -n team logs ${task}-pod -c step-run\nTaskRun "${task}" failed`,
      });
      return look([{ ...taskRun, metadata: { ...taskRun.metadata, name: task } }], run);
    };
    const [one, other] = [tell('checkout-api-on-push-4n8rk'), tell('checkout-api-on-push-zzzzz')];
    expect([one.title, one.text]).toEqual([other.title, other.text]);
    expect(one.text).toContain('PipelineRun "checkout-api-on-push-…" failed');
    expect(one.text).toContain('"step-run" exited with code 1\nTaskRun "scan" failed');
  });
});
