/** Relations: one a pair whichever way it is written, seen from both ends, in one namespace. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Issue } from '../../../core/contract/issue.ts';
import { component, freshNamespace, issueBody } from '../../support/bodies.ts';
import { bodyOf, expectError, useKite } from '../../support/kite.ts';

const kite = useKite();

async function pair(): Promise<{ namespace: string; source: Issue; target: Issue }> {
  const namespace = freshNamespace();
  return {
    namespace,
    source: await kite.create(issueBody(namespace, component('source'))),
    target: await kite.create(issueBody(namespace, component('target'))),
  };
}
function relate(id: string, relatedId: string, query = {}) {
  return kite.post(`/issues/${id}/related`, { relatedId }, { query });
}
function unrelate(id: string, relatedId: string, query = {}) {
  return kite.ask('DELETE', `/issues/${id}/related/${relatedId}`, { query });
}

describe('POST /issues/:id/related', () => {
  it('answers 201 with the sentence of the contract, and is seen from source and target, in reads and lists', async () => {
    const { namespace, source, target } = await pair();
    expect(bodyOf(await relate(source.id, target.id, { namespace }), 201)).toEqual({
      message: 'Relationship created',
    });
    const seenBySource = await kite.issue(source.id);
    expect(seenBySource.relatedTo).toEqual([]);
    expect(seenBySource.relatedFrom).toMatchObject([
      {
        sourceId: source.id,
        targetId: target.id,
        target: { id: target.id, title: target.title, state: 'ACTIVE', scope: target.scope, namespace },
      },
    ]);
    const seenByTarget = await kite.issue(target.id);
    expect(seenByTarget.relatedFrom).toEqual([]);
    expect(seenByTarget.relatedTo).toMatchObject([
      {
        id: seenBySource.relatedFrom[0]?.id,
        sourceId: source.id,
        targetId: target.id,
        source: { scope: source.scope },
      },
    ]);
    const { data } = await kite.list({ namespace });
    expect(data.find((issue) => issue.id === source.id)).toEqual(seenBySource);
    expect(data.find((issue) => issue.id === target.id)).toEqual(seenByTarget);
  });

  it('shows the related issue as it is now', async () => {
    const { source, target } = await pair();
    await relate(source.id, target.id);
    await kite.ask('POST', `/issues/${target.id}/resolve`);
    expect((await kite.issue(source.id)).relatedFrom).toMatchObject([{ target: { state: 'RESOLVED' } }]);
  });

  it('every write of an issue answers with its relations', async () => {
    const { namespace, source, target } = await pair();
    await relate(source.id, target.id);
    const { relatedFrom } = await kite.issue(source.id);
    expect(relatedFrom).toHaveLength(1);
    const reported = await kite.create(issueBody(namespace, component('source')));
    expect(reported.relatedFrom).toEqual(relatedFrom);
    for (const [method, path, body] of [
      ['PUT', '', { title: 'Edited' }],
      ['POST', '/resolve'],
      ['POST', '/reopen'],
      ['POST', '/links', { title: 'Logs', url: 'https://logs.example/1' }],
    ] as const) {
      const answer = await kite.ask(method, `/issues/${source.id}${path}`, { ...(body && { body }) });
      expect(answer.body).toMatchObject({ relatedFrom, relatedTo: [] });
    }
  });

  it('answers 409 when the two are related already, in either direction', async () => {
    const { source, target } = await pair();
    await relate(source.id, target.id);
    expectError(await relate(source.id, target.id), 409);
    expectError(await relate(target.id, source.id), 409);
    expect(await kite.issue(source.id)).toMatchObject({ relatedFrom: [{}], relatedTo: [] });
  });

  it('related from both ends at once is one relation', async () => {
    const { source, target } = await pair();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        index % 2 === 0 ? relate(source.id, target.id) : relate(target.id, source.id),
      ),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([
      201,
      ...Array.from({ length: 9 }, () => 409),
    ]);
    const { relatedFrom, relatedTo } = await kite.issue(source.id);
    expect(relatedFrom.length + relatedTo.length).toBe(1);
  });

  it('answers 404 when one of the two is missing', async () => {
    const { source } = await pair();
    expectError(await relate(source.id, randomUUID()), 404);
    expectError(await relate(randomUUID(), source.id), 404);
  });

  it('refuses to relate an issue to itself', async () => {
    const { source } = await pair();
    expectError(await relate(source.id, source.id), 400, 409);
    expect(await kite.issue(source.id)).toMatchObject({ relatedFrom: [], relatedTo: [] });
  });

  it('is refused with 403 for another namespace', async () => {
    const { source, target } = await pair();
    expectError(await relate(source.id, target.id, { namespace: 'other' }), 403);
    expect(await kite.issue(source.id)).toMatchObject({ relatedFrom: [], relatedTo: [] });
  });
});

describe('DELETE /issues/:id/related/:relatedId', () => {
  it.each(['source', 'target'] as const)(
    'answers 204 from the %s, and neither end shows the relation',
    async (end) => {
      const { namespace, source, target } = await pair();
      await relate(source.id, target.id);
      const [from, to] = end === 'source' ? [source, target] : [target, source];
      expect(await unrelate(from.id, to.id, { namespace })).toMatchObject({ status: 204, text: '' });
      for (const { id } of [source, target]) {
        expect(await kite.issue(id)).toMatchObject({ relatedFrom: [], relatedTo: [] });
      }
      expect((await relate(target.id, source.id)).status).toBe(201);
    },
  );

  it('answers 404 when there is none, when it is gone, and when an issue is missing', async () => {
    const { source, target } = await pair();
    expectError(await unrelate(source.id, target.id), 404);
    await relate(source.id, target.id);
    await unrelate(source.id, target.id);
    expectError(await unrelate(source.id, target.id), 404);
    expectError(await unrelate(randomUUID(), target.id), 404);
    expectError(await unrelate(source.id, randomUUID()), 404);
  });

  it('is refused with 403 for another namespace, and the relation stays', async () => {
    const { source, target } = await pair();
    await relate(source.id, target.id);
    expectError(await unrelate(source.id, target.id, { namespace: 'other' }), 403);
    expect((await kite.issue(source.id)).relatedFrom).toHaveLength(1);
  });
});
