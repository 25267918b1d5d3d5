/**
 * Distinct means (identity, source, eventId). The id is the body's `eventId`, else the `Idempotency-Key`, else
 * `runId`, else new. The first content counts; the same again answers the same status and the issue as it is now.
 */
import { describe, expect, it } from 'vitest';
import { at, component, failing, freshNamespace, issueBody, passing } from '../../support/bodies.ts';
import { bodyOf, useKite } from '../../support/kite.ts';

const kite = useKite();

/** How many occurrences the issue of `issueBody` has after these calls, each with its headers. */
async function occurrencesAfter(...calls: readonly (readonly [object, string?])[]): Promise<number> {
  const namespace = freshNamespace();
  let seconds = 0;
  for (const [fields, key] of calls) {
    seconds += 60;
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    await kite.create(issueBody(namespace, { observedAt: at(seconds), ...fields }), headers);
  }
  const { data, total } = await kite.list({ namespace });
  expect(total).toBe(1);
  return data[0]?.occurrences ?? 0;
}

describe('where the id of a report comes from', () => {
  it.each<readonly [string, readonly (readonly [object, string?])[], number]>([
    ['no id at all: each is new', [[{}], [{}], [{}]], 3],
    ['the same eventId', [[{ eventId: 'a' }], [{ eventId: 'a' }]], 1],
    ['another eventId', [[{ eventId: 'a' }], [{ eventId: 'b' }]], 2],
    ['ids that differ in case only', [[{ eventId: 'a' }], [{ eventId: 'A' }]], 2],
    [
      'the same Idempotency-Key',
      [
        [{}, 'a'],
        [{}, 'a'],
      ],
      1,
    ],
    [
      'another Idempotency-Key',
      [
        [{}, 'a'],
        [{}, 'b'],
      ],
      2,
    ],
    ['the same runId', [[{ runId: 'a' }], [{ runId: 'a' }]], 1],
    ['another runId', [[{ runId: 'a' }], [{ runId: 'b' }]], 2],
    [
      'eventId before Idempotency-Key: the same id',
      [
        [{ eventId: 'a' }, 'k'],
        [{ eventId: 'a' }, 'l'],
      ],
      1,
    ],
    [
      'eventId before Idempotency-Key: the same key',
      [
        [{ eventId: 'a' }, 'k'],
        [{ eventId: 'b' }, 'k'],
      ],
      2,
    ],
    ['eventId before runId', [[{ eventId: 'a', runId: 'r' }], [{ eventId: 'b', runId: 'r' }]], 2],
    [
      'Idempotency-Key before runId: the same key',
      [
        [{ runId: 'r' }, 'k'],
        [{ runId: 's' }, 'k'],
      ],
      1,
    ],
    [
      'Idempotency-Key before runId: the same run',
      [
        [{ runId: 'r' }, 'k'],
        [{ runId: 'r' }, 'l'],
      ],
      2,
    ],
    [
      'an empty Idempotency-Key is none',
      [
        [{}, ''],
        [{}, ''],
      ],
      2,
    ],
  ])('%s', async (_, calls, occurrences) => {
    expect(await occurrencesAfter(...calls)).toBe(occurrences);
  });
});

describe('the same report again', () => {
  it('changes nothing, whatever it says, and answers 201 with the issue as it is now', async () => {
    const namespace = freshNamespace();
    const created = await kite.create(issueBody(namespace, { eventId: 'a', observedAt: at(0) }));
    const before = await kite.stored();
    const other = {
      title: 'Other',
      severity: 'critical',
      links: [{ title: 'x', url: 'https://x.example/' }],
    };
    for (const fields of [{}, { ...other, observedAt: at(600) }, { state: 'RESOLVED', observedAt: at(0) }]) {
      const again = await kite.create(issueBody(namespace, { eventId: 'a', ...fields }));
      expect(again).toEqual(created);
    }
    expect(await kite.stored()).toBe(before);
    await kite.statuses(passing(namespace, 60));
    expect(await kite.create(issueBody(namespace, { eventId: 'a' }))).toMatchObject({
      state: 'RESOLVED',
      occurrences: 1,
    });
  });

  it('is the same whether it said failing or passing first', async () => {
    const namespace = freshNamespace();
    expect(await kite.statuses(failing(namespace, 0, { eventId: 'a' }))).toEqual(['opened']);
    expect(await kite.statuses(passing(namespace, 60, { eventId: 'a' }))).toEqual(['duplicate']);
    expect((await kite.list({ namespace, state: 'ACTIVE' })).total).toBe(1);
  });

  it('is the same however far apart the moments are that it names', async () => {
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    for (const moments of [
      [150, 1],
      [1, 150],
      [100, 40, 70, 10],
    ]) {
      const namespace = freshNamespace();
      const reports = moments.map((days) =>
        failing(namespace, 0, { eventId: 'a', observedAt: daysAgo(days) }),
      );
      for (const [index, report] of reports.entries()) {
        expect(await kite.statuses(report)).toEqual([index === 0 ? 'opened' : 'duplicate']);
      }
      expect((await kite.list({ namespace })).data).toMatchObject([{ occurrences: 1 }]);
    }
  });

  it('is another report for another identity, and from another source', async () => {
    const namespace = freshNamespace();
    const statuses = await kite.statuses(
      failing(namespace, 0, { eventId: 'a' }),
      failing(namespace, 1, { eventId: 'a', source: 'ci' }),
      failing(namespace, 0, { eventId: 'a', ...component('cart') }),
      failing(namespace, 0, { eventId: 'a', issueType: 'test' }),
      failing(namespace, 0, { eventId: 'a', cluster: 'east' }),
    );
    expect(statuses).toEqual(['opened', 'updated', 'opened', 'opened', 'opened']);
  });

  it('of a failure webhook answers 201 with the issue as it is now', async () => {
    const namespace = freshNamespace();
    const failure = {
      pipelineName: 'push',
      namespace,
      failureReason: 'Failed',
      runId: 'run-1',
      observedAt: at(0),
    };
    const { id } = await kite.failure('pipeline-failure', failure);
    await kite.success('pipeline-success', { pipelineName: 'push', namespace, observedAt: at(60) });
    const again = await kite.failure('pipeline-failure', {
      ...failure,
      failureReason: 'Other',
      observedAt: at(120),
    });
    expect(again).toMatchObject({ id, state: 'RESOLVED', occurrences: 1 });
    expect(again.description).not.toContain('Other');
  });

  it('of a success webhook repeats the same N in its sentence', async () => {
    const namespace = freshNamespace();
    const failure = { pipelineName: 'push', namespace, failureReason: 'Failed' };
    const success = { pipelineName: 'push', namespace };
    await kite.failure('pipeline-failure', { ...failure, observedAt: at(0) });
    const one = 'Resolved 1 issue(s) for pipeline push';
    const none = 'Resolved 0 issue(s) for pipeline push';
    const send = (seconds: number, key: string) =>
      kite.success('pipeline-success', { ...success, observedAt: at(seconds) }, { 'idempotency-key': key });
    expect(await send(60, 'first')).toBe(one);
    expect(await send(70, 'second')).toBe(none);
    await kite.failure('pipeline-failure', { ...failure, observedAt: at(120) });
    expect(await send(180, 'first')).toBe(one);
    expect(await send(180, 'second')).toBe(none);
    expect((await kite.list({ namespace, state: 'ACTIVE' })).total).toBe(1);
    expect(await send(180, 'third')).toBe(one);
  });

  it('of a release success repeats the same N too, with and without a plan', async () => {
    const namespace = freshNamespace();
    for (const plan of [{}, { releasePlan: 'to-prod' }]) {
      const release = { application: 'shop', namespace, ...plan };
      await kite.failure('release-failure', {
        ...release,
        failurePhase: 'a',
        release: 'r1',
        observedAt: at(0),
      });
      for (let time = 0; time < 3; time += 1) {
        const message = await kite.success('release-success', {
          ...release,
          eventId: 'done',
          observedAt: at(60),
        });
        expect(message).toBe('Resolved 1 issue(s) for application shop');
      }
    }
  });
});

describe('the Idempotency-Key of a batch', () => {
  it('makes each report distinct by its place', async () => {
    const namespace = freshNamespace();
    const reports = [0, 60, 120].map((seconds) => failing(namespace, seconds, { eventId: undefined }));
    const send = async (key: string) => {
      const results = await kite.reports(reports, { headers: { 'idempotency-key': key } });
      return results.map((result) => result.status);
    };
    expect(await send('batch-1')).toEqual(['opened', 'updated', 'updated']);
    expect(await send('batch-1')).toEqual(['duplicate', 'duplicate', 'duplicate']);
    expect(await send('batch-2')).toEqual(['updated', 'updated', 'updated']);
    expect((await kite.list({ namespace })).data[0]?.occurrences).toBe(6);
  });

  it('gives way to the eventId of a report, and goes before its runId', async () => {
    const namespace = freshNamespace();
    const ask = { headers: { 'idempotency-key': 'batch-1' } };
    const report = failing(namespace, 0, { eventId: undefined, runId: 'run-1' });
    const named = failing(namespace, 60, { eventId: 'named' });
    await kite.reports([report, named], ask);
    const results = await kite.reports(
      [{ ...report, runId: 'run-2' }, failing(namespace, 120, { eventId: 'other' })],
      ask,
    );
    expect(results.map((result) => result.status)).toEqual(['duplicate', 'updated']);
    expect(await kite.statuses(named)).toEqual(['duplicate']);
  });

  it('of a call whose answer was lost gives the same answer again', async () => {
    const namespace = freshNamespace();
    const body = issueBody(namespace, { observedAt: at(0) });
    const ask = { headers: { 'idempotency-key': 'lost' } };
    const answers = await Promise.all(Array.from({ length: 8 }, () => kite.post('/issues/', body, ask)));
    const [first] = answers.map((answer) => bodyOf(answer, 201));
    for (const answer of answers) expect(answer.body).toEqual(first);
    expect((await kite.list({ namespace })).data).toMatchObject([{ occurrences: 1 }]);
  });
});
