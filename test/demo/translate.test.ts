import { describe, expect, it } from 'vitest';
import type { DemoReport, KiteCall, Translation } from './calls.ts';
import { type PipelineRun, pipelineRunSchema } from './objects.ts';
import { pipelineName } from './subject.ts';
import { translatePipelineRun } from './translate.ts';

const around = { consoleUrl: 'https://console.example' };
const created = '2026-05-12T08:00:00Z';
const ended = '2026-05-12T08:10:00Z';
const build = {
  'pipelines.appstudio.openshift.io/type': 'build',
  'appstudio.openshift.io/application': 'shop',
  'appstudio.openshift.io/component': 'shop-api',
};

interface RunParts {
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly condition?: Record<string, string>;
  readonly spec?: Record<string, unknown>;
  readonly metadata?: Record<string, unknown>;
}

function runOf({
  labels = build,
  annotations = {},
  condition,
  spec = {},
  metadata = {},
}: RunParts): PipelineRun {
  return pipelineRunSchema.parse({
    kind: 'PipelineRun',
    metadata: {
      name: 'run-1',
      namespace: 'team-a',
      uid: 'uid-1',
      creationTimestamp: created,
      labels,
      annotations,
      ...metadata,
    },
    spec,
    status: {
      conditions: [
        {
          type: 'Succeeded',
          status: 'False',
          reason: 'Failed',
          message: 'One task failed',
          lastTransitionTime: ended,
        },
      ].map((failed) => ({ ...failed, ...condition })),
    },
  });
}

function reportOf(parts: RunParts): DemoReport {
  const call = callsOf(translatePipelineRun(runOf(parts), around))[0];
  if (call?.kind !== 'report') {
    throw new Error('the run is not reported');
  }
  return call.report;
}

function callsOf(translation: Translation): readonly KiteCall[] {
  return 'calls' in translation ? translation.calls : [];
}

function reasonOf(parts: RunParts): string | null {
  const translation = translatePipelineRun(runOf(parts), around);
  return 'skipped' in translation ? translation.skipped : null;
}

const pullRequest = { ...build, 'pipelinesascode.tekton.dev/pull-request': '12' };

describe('translatePipelineRun', () => {
  it('reports a failed push build on its component, with all that places it in time', () => {
    expect(reportOf({})).toEqual({
      namespace: 'team-a',
      scope: { resourceType: 'component', resourceName: 'shop-api' },
      issueType: 'build',
      outcome: 'failing',
      observedAt: ended,
      subjectCreatedAt: created,
      source: 'demo',
      eventId: 'uid-1/Succeeded/Failed',
      run: { name: 'run-1', uid: 'uid-1' },
      labels: { application: 'shop', component: 'shop-api', lifecycle: 'production' },
      title: 'Build of shop-api failed',
      description: 'PipelineRun run-1: One task failed (Failed)',
      severity: 'major',
      links: [
        {
          title: 'Pipeline Run Logs',
          url: 'https://console.example/ns/team-a/applications/shop/pipelineruns/run-1/logs',
        },
      ],
    });
  });

  it('reports a passed build on the same scope, without the words that only a failure has', () => {
    const report = reportOf({ condition: { status: 'True', reason: 'Completed' } });
    expect(report).toMatchObject({ outcome: 'passing', eventId: 'uid-1/Succeeded/Completed' });
    expect(report.scope).toEqual(reportOf({}).scope);
    for (const word of ['title', 'description', 'severity', 'links']) {
      expect(report).not.toHaveProperty(word);
    }
  });

  it('names the cluster only when told to', () => {
    const [call] = callsOf(translatePipelineRun(runOf({}), { ...around, cluster: 'east' }));
    expect(call).toMatchObject({ report: { cluster: 'east' } });
    expect(reportOf({})).not.toHaveProperty('cluster');
  });

  it.each([
    ['pull-request', pullRequest, {}],
    [
      'merge queue',
      build,
      { 'pipelinesascode.tekton.dev/source-branch': 'gh-readonly-queue/main/pr-12-abc' },
    ],
  ])('reports a %s build on its pull request, as development', (_, labels, annotations) => {
    expect(reportOf({ labels, annotations })).toMatchObject({
      scope: { resourceType: 'pullrequest', resourceName: 'shop-api#12' },
      severity: 'minor',
      labels: { lifecycle: 'development' },
    });
  });

  it.each(['push', 'Push', 'incoming'])(
    'takes event type %s as a push, even with a pull request label',
    (type) => {
      const labels = { ...pullRequest, 'pipelinesascode.tekton.dev/event-type': type };
      expect(reportOf({ labels }).scope.resourceType).toBe('component');
    },
  );

  it('marks pull requests of MintMaker by their branch', () => {
    const annotations = { 'pipelinesascode.tekton.dev/source-branch': 'konflux/mintmaker/main/left-pad-2.x' };
    expect(reportOf({ labels: pullRequest, annotations }).labels).toMatchObject({ origin: 'mintmaker' });
  });

  it('keeps versions of one component apart', () => {
    const labels = {
      'pipelines.konflux-ci.dev/type': 'build',
      'build.konflux-ci.dev/component': 'shop-api',
      'build.konflux-ci.dev/version': 'v2',
    };
    expect(reportOf({ labels }).scope).toEqual({ resourceType: 'component', resourceName: 'shop-api@v2' });
  });

  it('calls a run that never started critical, and takes its creation where no other time is known', () => {
    const run = runOf({ condition: { reason: 'CouldntGetPipeline' } });
    for (const condition of run.status.conditions) {
      delete condition.lastTransitionTime;
    }
    expect(callsOf(translatePipelineRun(run, around))[0]).toMatchObject({
      report: { severity: 'critical', title: 'Build of shop-api could not start', observedAt: created },
    });
  });

  it('says of a timeout that it was one', () => {
    expect(reportOf({ condition: { reason: 'PipelineRunTimeout' } }).title).toBe(
      'Build of shop-api timed out',
    );
  });

  it('labels what the user has to mend', () => {
    expect(reportOf({ condition: { message: '[User error] no such task' } }).labels.cause).toBe('user');
  });

  it('reports a run without a type on its pipeline', () => {
    expect(reportOf({ labels: {}, spec: { pipelineRef: { name: 'nightly' } } })).toMatchObject({
      issueType: 'pipeline',
      scope: { resourceType: 'pipelinerun', resourceName: 'nightly' },
      severity: 'major',
      links: [],
    });
  });

  it.each([
    ['Cancelled', 'False', 'was stopped by somebody (Cancelled)'],
    ['StoppedRunFinally', 'False', 'was stopped by somebody (StoppedRunFinally)'],
    ['Running', 'Unknown', 'is still going (Running)'],
  ])('does not report a run that is %s', (reason, status, why) => {
    expect(reasonOf({ condition: { reason, status } })).toBe(why);
  });

  it.each([
    ['test', 'is an integration test, which its Snapshot reports'],
    ['managed', 'is part of a release, which its Release reports'],
    ['tenant-collectors', 'is part of a release, which its Release reports'],
  ])('leaves a run of type %s to who reports it', (type, why) => {
    expect(reasonOf({ labels: { ...build, 'pipelines.appstudio.openshift.io/type': type } })).toBe(why);
  });

  it('does not report a run without a condition of its own', () => {
    expect(reasonOf({ condition: { type: 'Failure' } })).toBe('has no condition Succeeded yet');
  });
});

describe('pipelineName', () => {
  it('takes the first that is known: original name, reference, component and type, stem, own name', () => {
    const original = { 'pipelinesascode.tekton.dev/original-prname': 'on-push' };
    const spec = { pipelineRef: { name: 'docker-build' } };
    const metadata = { generateName: 'stem-' };
    expect(pipelineName(runOf({ annotations: original, spec, metadata }))).toBe('on-push');
    expect(pipelineName(runOf({ spec, metadata }))).toBe('docker-build');
    expect(pipelineName(runOf({ metadata }))).toBe('shop-api-build');
    expect(pipelineName(runOf({ labels: {}, metadata }))).toBe('stem');
    expect(pipelineName(runOf({ labels: { 'tekton.dev/pipeline': 'run-1' } }))).toBe('run-1');
  });
});
