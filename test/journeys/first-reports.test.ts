/**
 * Fault 1 of the public service: its duplicate check locks nothing and no unique key stands behind it, so
 * ten first reports at once left duplicates in 200 of 200 rounds.
 */
import { describe, expect, it } from 'vitest';
import { at, component, failing } from '../support/bodies.ts';
import { useKite } from '../support/kite.ts';
import { runsFunctions } from '../support/server.ts';

const kite = useKite();
const namespace = 'racing-tenant';
const rounds = runsFunctions ? 5 : 100;
const writers = Array.from({ length: 50 }, (_, index) => index);

describe('fault 1: simultaneous first reports', () => {
  it(`${rounds} rounds of ${writers.length} at once on one key leave one issue with all occurrences`, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const pipelineName = `pipeline-${round}`;
      const answers = await Promise.all(
        writers.map((writer) =>
          kite.post('/webhooks/pipeline-failure', {
            pipelineName,
            namespace,
            failureReason: 'Failed',
            runId: `${pipelineName}-run-${writer}`,
            observedAt: at(writer),
          }),
        ),
      );
      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201]));
      const ids = answers.map((answer) => /"issue":\{"id":"([^"]+)"/.exec(answer.text)?.[1]);
      expect(new Set(ids).size).toBe(1);
    }
    const { data, total } = await kite.list({ namespace, limit: '1000' });
    expect(total).toBe(rounds);
    expect(new Set(data.map((issue) => issue.occurrences))).toEqual(new Set([writers.length]));
    expect(new Set(data.map((issue) => issue.detectedAt))).toEqual(new Set([at(0)]));
    expect(new Set(data.map((issue) => issue.lastSeenAt))).toEqual(new Set([at(writers.length - 1)]));
  }, 60_000);

  it('the same report sent by 20 at once is one occurrence', async () => {
    const report = failing(namespace, 0, component('told-by-many'));
    const answers = await Promise.all(writers.slice(0, 20).map(() => kite.statuses(report)));
    const statuses = answers.flat().sort();
    expect(statuses).toEqual([...Array.from({ length: 19 }, () => 'duplicate'), 'opened']);
    const [issue] = (await kite.list({ namespace, resourceName: 'told-by-many' })).data;
    expect(issue?.occurrences).toBe(1);
  });
});
