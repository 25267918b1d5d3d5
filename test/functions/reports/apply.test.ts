/** `POST /reports`: every report is answered by itself, in its place, and a bad one spoils only itself. */
import { describe, expect, it } from 'vitest';
import { at, component, failing, freshNamespace, issueBody, passing } from '../../support/bodies.ts';
import { bodyOf, expectError, useKite } from '../../support/kite.ts';

const kite = useKite();

describe('POST /reports', () => {
  it('says of each report what became of it', async () => {
    const namespace = freshNamespace();
    const first = failing(namespace, 60);
    const story: readonly (readonly [object, string])[] = [
      [passing(namespace, -60), 'recorded'],
      [first, 'opened'],
      [failing(namespace, 120), 'updated'],
      [first, 'duplicate'],
      [passing(namespace, 180), 'resolved'],
      [passing(namespace, 240), 'recorded'],
      [failing(namespace, 90), 'recorded'],
      [failing(namespace, 300), 'reopened'],
      [failing(namespace, 0, { observedAt: '2020-01-01T00:00:00Z' }), 'stale'],
      [failing(namespace, 0, { severity: 'bogus' }), 'rejected'],
    ];
    for (const [report, status] of story) {
      expect(await kite.statuses(report)).toEqual([status]);
    }
    const [issue] = (await kite.list({ namespace })).data;
    expect(issue).toMatchObject({
      state: 'ACTIVE',
      occurrences: 4,
      reopened: 1,
      detectedAt: at(300),
      resolvedAt: null,
    });
  });

  it('says the same of them in one batch as one by one', async () => {
    const namespace = freshNamespace();
    const first = failing(namespace, 60);
    const results = await kite.reports([
      first,
      failing(namespace, 120),
      first,
      passing(namespace, 180),
      passing(namespace, 240),
      failing(namespace, 300),
    ]);
    expect(results.map((result) => result.status)).toEqual([
      'opened',
      'updated',
      'duplicate',
      'resolved',
      'recorded',
      'reopened',
    ]);
    expect(new Set(results.map((result) => result.issueId)).size).toBe(1);
  });

  it('names the issue, and none where there is none', async () => {
    const namespace = freshNamespace();
    const [opened, passed, rejected] = await kite.reports([
      failing(namespace, 0),
      passing(namespace, 0, component('calm')),
      failing(namespace, 0, { title: '' }),
    ]);
    const [issue] = (await kite.list({ namespace })).data;
    expect(opened).toEqual({ index: 0, status: 'opened', issueId: issue?.id });
    expect(passed).toEqual({ index: 1, status: 'recorded' });
    expect(rejected?.issueId).toBeUndefined();
  });

  it('a bad report spoils only itself, and is told what to change and whether to try again', async () => {
    const namespace = freshNamespace();
    const results = await kite.reports([
      failing(namespace, 0, component('a')),
      failing(namespace, 0, { ...component('b'), severity: 'medium' }),
      null,
      failing(namespace, 0, { ...component('c'), observedAt: '2999-01-01T00:00:00Z' }),
      failing(namespace, 0, { ...component('d'), source: 'user' }),
      failing(namespace, 0, { ...component('e'), title: 'a\u0000b' }),
      failing(namespace, 0, component('f')),
    ]);
    expect(results.map((result) => result.status)).toEqual([
      'opened',
      ...Array.from({ length: 5 }, () => 'rejected'),
      'opened',
    ]);
    for (const { error } of results.slice(1, 6)) {
      expect(error).toMatchObject({
        code: 'invalid_request',
        message: expect.stringMatching(/\S/),
        retryable: false,
      });
    }
    for (const result of [results[0], results[6]]) expect(result?.error).toBeUndefined();
    const names = (await kite.list({ namespace })).data.map((issue) => issue.scope.resourceName).sort();
    expect(names).toEqual(['a', 'f']);
  });

  it('requires a source, and keeps "user" for people, in any case', async () => {
    const namespace = freshNamespace();
    const { source: _, ...sourceless } = failing(namespace, 0);
    expect(
      await kite.statuses(sourceless, { ...sourceless, source: 'user' }, { ...sourceless, source: 'USER' }),
    ).toEqual(['rejected', 'rejected', 'rejected']);
    expect((await kite.list({ namespace })).total).toBe(0);
  });

  it('applies reports on many identities at once, in any order, the same as in their order', async () => {
    const count = 25;
    const reportsOf = (namespace: string) =>
      Array.from({ length: count }, (_, index) => [
        failing(namespace, 0, { ...component(`c${index}`), eventId: 'e1' }),
        passing(namespace, 60, { ...component(`c${index}`), eventId: 'e2' }),
        ...(index % 2 === 0 ? [failing(namespace, 120, { ...component(`c${index}`), eventId: 'e3' })] : []),
      ]).flat();
    const read = async (namespace: string) =>
      (await kite.list({ namespace, limit: '1000' })).data
        .map(({ scope, state, occurrences, reopened, detectedAt, resolvedAt }) => ({
          name: scope.resourceName,
          ...{ state, occurrences, reopened, detectedAt, resolvedAt },
        }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    const [straight, reversed] = [freshNamespace(), freshNamespace()];
    await kite.reports(reportsOf(straight));
    await kite.reports(reportsOf(reversed).toReversed());
    expect(await read(reversed)).toEqual(await read(straight));
    expect((await kite.list({ namespace: straight, state: 'ACTIVE' })).total).toBe(13);
  });

  it('never deadlocks or loses a report when batches over the same identities race in opposite orders', async () => {
    const namespace = freshNamespace();
    const batch = (writer: number) =>
      Array.from({ length: 20 }, (_, index) => failing(namespace, writer, component(`c${index}`)));
    await Promise.all(
      Array.from({ length: 16 }, (_, writer) =>
        kite.reports(writer % 2 === 0 ? batch(writer) : batch(writer).toReversed()),
      ),
    );
    const { data, total } = await kite.list({ namespace });
    expect(total).toBe(20);
    expect(new Set(data.map((issue) => issue.occurrences))).toEqual(new Set([16]));
  });

  it('takes 500 reports at once', async () => {
    const namespace = freshNamespace();
    const reports = Array.from({ length: 500 }, (_, index) =>
      failing(namespace, index, component(`c${index % 100}`)),
    );
    const results = await kite.reports(reports);
    expect(results.filter((result) => result.status === 'opened')).toHaveLength(100);
    expect(results.filter((result) => result.status === 'updated')).toHaveLength(400);
  });

  it('a report of a namespace that the query does not name is refused, and writes nothing', async () => {
    const namespace = freshNamespace();
    const before = await kite.stored();
    const answer = await kite.post('/reports', { reports: [failing('theirs', 0)] }, { query: { namespace } });
    if (answer.status === 200) {
      expect(answer.body).toMatchObject({
        results: [{ status: 'rejected', error: { code: 'namespace_mismatch' } }],
      });
    } else {
      expectError(answer, 403);
    }
    expect(await kite.stored()).toBe(before);
  });

  it('shares its issues with the other ways in', async () => {
    const namespace = freshNamespace();
    const [{ issueId } = { issueId: undefined }] = await kite.reports([failing(namespace, 0)]);
    const created = await kite.create(issueBody(namespace, { observedAt: at(60) }));
    expect(created).toMatchObject({ id: issueId, occurrences: 2 });
    const scope = { resourceType: 'pipelinerun', resourceName: 'push' };
    await kite.reports([failing(namespace, 0, { scope, issueType: 'pipeline' })]);
    const message = await kite.success('pipeline-success', {
      pipelineName: 'push',
      namespace,
      observedAt: at(60),
    });
    expect(message).toBe('Resolved 1 issue(s) for pipeline push');
  });

  it('keeps a dueAt, labels and run of a report', async () => {
    const namespace = freshNamespace();
    const [{ issueId } = { issueId: undefined }] = await kite.reports([
      failing(namespace, 0, {
        dueAt: '2099-01-01T00:00:00Z',
        labels: { application: 'shop', lifecycle: 'production', origin: 'mintmaker' },
        run: { name: 'run-1', uid: null },
      }),
    ]);
    expect(bodyOf(await kite.get(`/issues/${issueId}`), 200)).toMatchObject({
      dueAt: '2099-01-01T00:00:00.000Z',
      application: 'shop',
      lifecycle: 'production',
      origin: 'mintmaker',
    });
    expect(await kite.events(issueId ?? '')).toMatchObject([{ run: { name: 'run-1', uid: null } }]);
  });
});
