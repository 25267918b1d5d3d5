import { describe, expect, it } from 'vitest';
import { observe } from '../../../../operator/controllers/pipelinerun/observe.ts';
import { received, told } from '../wire.ts';
import { aRun, created, ended, later, settings } from './objects.ts';

const subject = 'build component/checkout-api';
const gone = { object: aRun({}), isDeleted: false };

/** [status, reason, outcome, severity, who can mend it, part of the title] */
type Row = [string, string, 'passing' | 'failing' | null, string | null, string | null, string | null];

const rows: Row[] = [
  ['True', 'Succeeded', 'passing', null, null, null],
  ['True', 'Completed', 'passing', null, null, null],
  ['Unknown', 'Started', null, null, null, null],
  ['Unknown', 'Running', null, null, null, null],
  ['Unknown', 'PipelineRunPending', null, null, null, null],
  ['Unknown', 'ResolvingPipelineRef', null, null, null, null],
  ['Unknown', 'PipelineRunStopping', null, null, null, null],
  ['Unknown', 'CancelledRunningFinally', null, null, null, null],
  ['Unknown', 'StoppedRunningFinally', null, null, null, null],
  ['Unknown', 'PipelineRunTimeoutRunningFinally', null, null, null, null],
  ['False', 'Cancelled', null, null, null, null],
  ['False', 'CancelledRunFinally', null, null, null, null],
  ['False', 'StoppedRunFinally', null, null, null, null],
  ['False', 'Failed', 'failing', 'major', 'unknown', 'failed'],
  ['False', 'PipelineRunTimeout', 'failing', 'major', 'unknown', 'timed out'],
  ['False', 'CouldntGetPipeline', 'failing', 'critical', 'unknown', 'could not run: its pipeline'],
  ['False', 'CouldntGetTask', 'failing', 'critical', 'unknown', 'could not run: one of its tasks'],
  ['False', 'PipelineValidationFailed', 'failing', 'critical', 'user', 'could not run: its pipeline'],
  ['False', 'PipelineInvalidGraph', 'failing', 'critical', 'user', 'could not run: its tasks'],
  ['False', 'InvalidPipelineResourceBindings', 'failing', 'critical', 'user', 'its resources'],
  ['False', 'InvalidWorkspaceBindings', 'failing', 'critical', 'user', 'its workspaces'],
  ['False', 'InvalidTaskRunSpecs', 'failing', 'critical', 'user', 'its settings for tasks'],
  ['False', 'ParameterTypeMismatch', 'failing', 'critical', 'user', 'a parameter'],
  ['False', 'ParameterMissing', 'failing', 'critical', 'user', 'a parameter'],
  ['False', 'ObjectParameterMissKeys', 'failing', 'critical', 'user', 'a parameter'],
  ['False', 'ParamArrayIndexingInvalid', 'failing', 'critical', 'user', 'a parameter'],
  ['False', 'InvalidMatrixParameterTypes', 'failing', 'critical', 'user', 'a matrix'],
  ['False', 'InvalidTaskResultReference', 'failing', 'critical', 'user', 'the result of a task'],
  ['False', 'InvalidPipelineResultReference', 'failing', 'critical', 'user', 'a result'],
  ['False', 'RequiredWorkspaceMarkedOptional', 'failing', 'critical', 'user', 'a workspace'],
  ['False', 'ResourceVerificationFailed', 'failing', 'critical', 'user', 'the signature'],
  ['False', 'CreateRunFailed', 'failing', 'critical', 'unknown', 'could not be created'],
  ['False', 'CELEvaluationFailed', 'failing', 'critical', 'user', 'a CEL expression'],
  ['False', 'InvalidParamValue', 'failing', 'critical', 'user', 'a parameter'],
  ['False', 'CouldntGetPipelineResult', 'failing', 'critical', 'user', 'a result'],
  ['False', 'PipelineRunCouldntCancel', 'failing', 'major', 'platform', 'Tekton could not cancel it'],
  ['False', 'PipelineRunCouldntTimeOut', 'failing', 'major', 'platform', 'Tekton could not time it out'],
  // What the reference does not list: the status decides.
  ['True', 'ConditionCheckFailed', 'passing', null, null, null],
  ['False', 'SomethingNew', 'failing', 'major', 'unknown', 'failed (SomethingNew)'],
  ['False', 'constructor', 'failing', 'major', 'unknown', 'failed (constructor)'],
];

describe('each reason of a PipelineRun', () => {
  it.each(rows)('%s/%s', (status, reason, outcome, severity, cause, title) => {
    const object = aRun({ status, reason });
    const {
      reports,
      reason: why,
      again,
    } = observe({ object, isDeleted: false }, [], settings(), status === 'Unknown' ? ended : later);
    expect(reports.map(told)).toEqual(outcome === null ? [] : [`${outcome} ${subject}`]);
    expect(why).toContain(reason);
    expect(again).toBe(status === 'Unknown' ? created + 7_200_000 - ended : undefined);
    for (const report of received({ reports }, later)) {
      expect(report).toMatchObject({
        observedAt: ended,
        subjectCreatedAt: created,
        source: 'operator/pipelinerun',
        eventId: `ab4d3500-8a07-475f-a351-48cbbd4d6bb5/Succeeded/${reason}`,
        run: { name: 'checkout-api-on-push-4n8rk', uid: 'ab4d3500-8a07-475f-a351-48cbbd4d6bb5' },
      });
      expect(report.labels.cause ?? null).toBe(cause);
      expect(report.failure?.severity ?? null).toBe(severity);
      if (title !== null) {
        expect(report.failure?.title).toContain(`Build of checkout-api `);
        expect(report.failure?.title).toContain(title);
        expect(report.failure?.description).toContain(`(${reason})`);
      }
    }
  });

  it('may be missing: the status decides', () => {
    const reported = (status: string) =>
      observe({ object: aRun({ status }), isDeleted: false }, [], settings(), later).reports;
    expect(reported('True').map(({ eventId }) => eventId)).toEqual([
      'ab4d3500-8a07-475f-a351-48cbbd4d6bb5/Succeeded/Succeeded',
    ]);
    expect(reported('False').map(({ eventId }) => eventId)).toEqual([
      'ab4d3500-8a07-475f-a351-48cbbd4d6bb5/Succeeded/Failed',
    ]);
    expect(observe(gone, [], settings(), ended)).toMatchObject({
      reports: [],
      reason: 'is still going (no reason yet)',
    });
  });
});

describe('who can mend a run’s failure', () => {
  it.each([
    ['Failed', '[User error] task x has no parameter y', 'user'],
    ['CouldntGetPipeline', '[User error] error requesting remote resource: bad gateway', 'user'],
    ['CouldntGetPipeline', 'error requesting remote resource: manifest unknown', 'user'],
    ['CouldntGetPipeline', 'the resolution was not done: context deadline exceeded', 'platform'],
    ['CouldntGetTask', 'tasks.tekton.dev "lint" not found', 'user'],
    ['CreateRunFailed', 'taskruns is forbidden: exceeded quota: runs, used: 50, limited: 50', 'platform'],
    ['CreateRunFailed', 'Internal error occurred: failed calling webhook "validation.webhook"', 'platform'],
    ['CreateRunFailed', 'admission webhook "policy" denied the request', 'user'],
  ])('%s: %s', (reason, message, cause) => {
    const object = aRun({ status: 'False', reason, message });
    const observation = observe({ object, isDeleted: false }, [], settings(), later);
    expect(received(observation, later).map(({ labels }) => labels.cause)).toEqual([cause]);
    const [report] = received(observation, later);
    expect(report?.failure?.description).not.toContain('[User error]');
    expect(report?.failure?.description).toContain(message.replace('[User error] ', ''));
  });
});
