import { describe, expect, it } from 'vitest';
import { deriveIssue } from '../../../../core/domain/derive.ts';
import { observe } from '../../../../operator/controllers/pipelinerun/observe.ts';
import type { Outgoing } from '../../../../operator/runtime/controller.ts';
import { received } from '../wire.ts';
import { aRun, later, type Parts, pushLabels, settings } from './objects.ts';

function look(parts: Parts, now: number) {
  return observe({ object: aRun(parts), isDeleted: false }, [], settings(), now);
}

describe('a pull request that was merged', () => {
  const labels = {
    ...pushLabels,
    'pipelinesascode.tekton.dev/event-type': 'pull_request',
    'pipelinesascode.tekton.dev/pull-request': '9',
  };
  const failed = { status: 'False', reason: 'Failed', labels };
  const annotations = { 'test.appstudio.openshift.io/pr-status': 'merged' };

  it('fails no more', () => {
    const open = look(failed, later);
    const merged = look({ ...failed, annotations }, later);
    const derived = (reports: readonly Outgoing[]) => deriveIssue(received({ reports }, later), null);
    expect(derived(open.reports)?.state).toBe('ACTIVE');
    expect(derived(merged.reports)).toMatchObject({ state: 'RESOLVED', occurrences: 1 });
    expect(merged.reports[0]).toEqual(open.reports[0]);
  });

  it('says nothing of a push', () => {
    expect(look({ status: 'False', annotations }, later).reports).toHaveLength(1);
  });
});
