import { describe, expect, it } from 'vitest';
import type { PipelineRun } from './objects.ts';
import { pipelineRunSchema } from './objects.ts';
import { translatePipelineRun } from './translate.ts';

const around = { consoleUrl: 'https://console.example' };

function runOf(status: string, reason: string, labels: Record<string, string> = {}): PipelineRun {
  return pipelineRunSchema.parse({
    kind: 'PipelineRun',
    metadata: {
      name: 'run-1',
      namespace: 'team-a',
      uid: 'uid-1',
      creationTimestamp: '2026-05-12T08:00:00Z',
      labels: {
        'pipelines.appstudio.openshift.io/type': 'build',
        'appstudio.openshift.io/application': 'shop',
        'appstudio.openshift.io/component': 'shop-api',
        ...labels,
      },
    },
    status: {
      conditions: [{ type: 'Succeeded', status, reason, lastTransitionTime: '2026-05-12T08:10:00Z' }],
    },
  });
}

describe('translatePipelineRun', () => {
  it('says what the operator says of a run that failed, with the pages of the console', () => {
    expect(translatePipelineRun(runOf('False', 'CouldntGetPipeline'), around)).toEqual({
      calls: [
        {
          kind: 'report',
          namespace: 'team-a',
          report: expect.objectContaining({
            namespace: 'team-a',
            scope: { resourceType: 'component', resourceName: 'shop-api' },
            outcome: 'failing',
            source: 'operator/pipelinerun',
            eventId: 'uid-1/Succeeded/CouldntGetPipeline',
            title: 'Build of shop-api could not run: its pipeline could not be fetched',
            severity: 'critical',
            links: [
              {
                title: 'Pipeline Run Logs',
                url: 'https://console.example/ns/team-a/applications/shop/pipelineruns/run-1/logs',
              },
            ],
          }),
        },
      ],
    });
  });

  it.each([
    ['False', 'Cancelled', {}, 'was stopped by somebody (Cancelled)'],
    // However long ago it began: the fixtures stand still.
    ['Unknown', 'Running', {}, 'is still going (Running)'],
    [
      'False',
      'Failed',
      { 'pipelines.appstudio.openshift.io/type': 'test' },
      'is an integration test, which its Snapshot reports',
    ],
    // Renovate's log says it in this demo.
    [
      'False',
      'Failed',
      { 'mintmaker.appstudio.redhat.com/namespace': 'team-b' },
      'is a run of MintMaker, which its log analyzer reports',
    ],
  ])('says nothing of a run that is %s, %s %j', (status, reason, labels, skipped) => {
    expect(translatePipelineRun(runOf(status, reason, labels), around)).toEqual({ skipped });
  });
});
