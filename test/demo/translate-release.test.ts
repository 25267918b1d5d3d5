import { describe, expect, it } from 'vitest';
import type { KiteCall, Translation } from './calls.ts';
import { releaseSchema } from './objects.ts';
import { translateRelease } from './translate.ts';

const around = { consoleUrl: 'https://console.example' };
const created = '2026-05-12T08:00:00Z';
const ended = '2026-05-12T08:10:00Z';

function callsOf(translation: Translation): readonly KiteCall[] {
  return 'calls' in translation ? translation.calls : [];
}

function releaseOf(
  conditions: readonly Record<string, string>[],
  status: Record<string, unknown> = {},
): Translation {
  return translateRelease(
    releaseSchema.parse({
      kind: 'Release',
      metadata: {
        name: 'release-1',
        namespace: 'team-a',
        uid: 'uid-2',
        creationTimestamp: created,
        labels: { 'appstudio.openshift.io/application': 'shop' },
      },
      spec: { releasePlan: 'shop-production' },
      status: { conditions, completionTime: ended, ...status },
    }),
    around,
  );
}

const failedRelease = { type: 'Released', status: 'False', reason: 'Failed' };

describe('translateRelease', () => {
  it('reports the phase that failed, for the plan, with the last attempt', () => {
    const managed = { type: 'ManagedPipelineProcessed', status: 'False', reason: 'Failed' };
    const attempts = ['vault/managed-1', 'vault/managed-2'].map((pipelineRun) => ({ pipelineRun }));
    expect(releaseOf([managed, failedRelease], { managedPipelineAttempts: attempts })).toEqual({
      calls: [
        {
          kind: 'webhook',
          webhook: 'release-failure',
          body: {
            application: 'shop',
            namespace: 'team-a',
            release: 'release-1',
            releasePlan: 'shop-production',
            failurePhase: 'ManagedPipelineProcessed',
            severity: 'critical',
            pipelineRunUrl: 'https://console.example/ns/vault/applications/shop/pipelineruns/managed-2/logs',
            observedAt: ended,
            subjectCreatedAt: created,
            labels: { application: 'shop', lifecycle: 'production' },
            eventId: 'uid-2/Released/Failed',
          },
        },
      ],
    });
  });

  it('links to the Release where its phase has no run', () => {
    const [call] = callsOf(
      releaseOf([{ type: 'Validated', status: 'False', reason: 'Failed' }, failedRelease]),
    );
    expect(call).toMatchObject({
      body: {
        severity: 'major',
        failurePhase: 'Validated',
        pipelineRunUrl: 'https://console.example/ns/team-a/applications/shop/releases/release-1',
      },
    });
  });

  it('reports a success for its plan alone', () => {
    expect(callsOf(releaseOf([{ type: 'Released', status: 'True', reason: 'Succeeded' }]))).toMatchObject([
      { webhook: 'release-success', body: { application: 'shop', releasePlan: 'shop-production' } },
    ]);
  });

  it.each([
    [
      'is running',
      [{ type: 'Released', status: 'False', reason: 'Progressing' }],
      'is still going (Progressing)',
    ],
    ['is of an older form', [{ type: 'Succeeded', status: 'True' }], 'has no condition Released yet'],
  ])('says nothing of a release that %s', (_, conditions, skipped) => {
    expect(releaseOf(conditions)).toEqual({ skipped });
  });
});
