import { describe, expect, it } from 'vitest';
import { renovateLogSchema } from './objects.ts';
import { translateRenovateLog } from './translate.ts';

const created = '2026-05-12T08:00:00Z';
const ended = '2026-05-12T08:10:00Z';

describe('translateRenovateLog', () => {
  const run = {
    runId: 'renovate-1',
    startedAt: created,
    loggedAt: '2026-05-12T08:09:00Z',
    finishedAt: ended,
    errors: [],
    warnings: ['w'],
    infos: ['i', 'j'],
  };
  const log = (outcome: string) =>
    renovateLogSchema.parse({
      pipelineId: 'github.com/o_r@main',
      namespace: 'team-a',
      runs: [{ ...run, outcome }],
    });

  it('posts the logs that there are, then the end, all named alike', () => {
    const { calls } = translateRenovateLog(log('success'));
    expect(calls.map((call) => call.kind === 'webhook' && [call.webhook, call.body.eventId])).toEqual([
      ['mintmaker-custom', 'renovate-1/warning'],
      ['mintmaker-custom', 'renovate-1/info'],
      ['pipeline-success', 'renovate-1/end'],
    ]);
    expect(calls[1]).toMatchObject({ body: { pipelineId: 'github.com/o_r@main', logs: ['i', 'j'] } });
    expect(calls[2]).toMatchObject({ body: { pipelineName: 'github.com/o_r@main', observedAt: ended } });
  });

  it('ends a failed run with its reason', () => {
    expect(translateRenovateLog(log('failure')).calls.at(-1)).toMatchObject({
      webhook: 'pipeline-failure',
      body: { failureReason: 'Renovate failed', runId: 'renovate-1' },
    });
  });
});
