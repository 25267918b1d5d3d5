/** The audit: one entry for each act that changed something, written with it; who, what, where and when. */
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { auditPage } from '../../../core/contract/audit.ts';
import { dropHistory } from '../../../db/history/drop.ts';
import { component, issueBody } from '../../support/bodies.ts';
import { type Asking, home, useGuarded } from '../../support/guarded.ts';
import { bodyOf, expectError, type Kite, type Query } from '../../support/kite.ts';

const guarded = useGuarded();
const namespace = 'audited';
let kite: Kite;
let actor: string;
let admin: Asking;

beforeAll(async () => {
  const token = await guarded.key({ name: 'hand', may: ['read', 'report', 'act'] });
  kite = guarded.kiteAs(token);
  actor = `key:${token.split('_')[1]} (hand)`;
  admin = guarded.as(await guarded.key({ name: 'admin', may: ['admin'] }));
});

const read = async (query: Query = {}, asking = admin) =>
  auditPage.parse(bodyOf(await asking('GET', '/audit', { query }), 200));
const operationsOf = async (query: Query): Promise<readonly string[]> =>
  (await read({ ...query, limit: '1000' })).data.map(({ operation }) => operation);
const create = (name: string) => kite.create(issueBody(namespace, component(name)));

describe('the audit', () => {
  it('has every act with who did it, where and by which request, the deletion too', async () => {
    const { id } = await create('acted');
    const other = await create('other');
    const ask = { headers: { 'x-request-id': 'audited-1' } };
    const path = `/issues/${id}`;
    bodyOf(await kite.post(`${path}/resolve`, undefined, ask), 200);
    bodyOf(await kite.post(`${path}/reopen`, undefined, ask), 200);
    bodyOf(await kite.ask('PUT', path, { ...ask, body: { title: 'Quiet please', state: 'RESOLVED' } }), 200);
    bodyOf(await kite.post(`${path}/links`, { title: 'Logs', url: 'https://logs.example/1' }, ask), 201);
    bodyOf(await kite.post(`${path}/related`, { relatedId: other.id }, ask), 201);
    bodyOf(await kite.ask('DELETE', `${path}/related/${other.id}`, ask), 204);
    bodyOf(await kite.ask('DELETE', path, ask), 204);
    const { data } = await read({ issueId: id });
    const where = { actor, cluster: home, namespace, issueId: id, requestId: 'audited-1' };
    const related = { relatedId: other.id, relatedCluster: home, relatedNamespace: namespace };
    expect(data.map(({ id: _id, at: _at, ...entry }) => entry)).toEqual([
      { ...where, operation: 'issues.delete', details: null },
      { ...where, operation: 'relations.delete', details: related },
      { ...where, operation: 'relations.create', details: related },
      { ...where, operation: 'issues.link', details: { url: 'https://logs.example/1' } },
      { ...where, operation: 'issues.update', details: { fields: ['title'], state: 'RESOLVED' } },
      { ...where, operation: 'issues.reopen', details: null },
      { ...where, operation: 'issues.resolve', details: null },
    ]);
    expect(JSON.stringify(data)).not.toContain('Quiet please');
    expectError(await kite.get(path), 404);
  });

  it('has nothing of what changed nothing: refusals, and the same again', async () => {
    const { id } = await create('once');
    const reader = guarded.as(await guarded.key({ may: ['read'] }));
    expectError(await reader('POST', `/issues/${id}/resolve`), 403);
    for (let time = 0; time < 2; time += 1) {
      bodyOf(await kite.ask('POST', `/issues/${id}/resolve`, { headers: { 'idempotency-key': 'k1' } }), 200);
      bodyOf(
        await kite.ask('PUT', `/issues/${id}`, {
          body: { title: 'x' },
          headers: { 'idempotency-key': 'k2' },
        }),
        200,
      );
    }
    bodyOf(await kite.ask('PUT', `/issues/${id}`, { body: {} }), 200);
    expectError(await kite.ask('DELETE', `/issues/${id}/related/${id}`), 404);
    expect((await operationsOf({ issueId: id })).toSorted()).toEqual(['issues.resolve', 'issues.update']);
  });

  it('is filtered by each of its filters', async () => {
    const { id } = await create('filtered');
    bodyOf(await kite.ask('DELETE', `/issues/${id}`), 204);
    const [entry] = (await read({ issueId: id })).data;
    const at = entry?.at ?? '';
    const next = new Date(Date.parse(at) + 1).toISOString();
    for (const query of [
      { actor },
      { operation: 'issues.delete' },
      { cluster: home },
      { namespace },
      { since: at },
      { until: next },
    ]) {
      expect(await operationsOf({ issueId: id, ...query })).toEqual(['issues.delete']);
    }
    for (const query of [
      { actor: 'somebody else' },
      { operation: 'issues.resolve' },
      { namespace: 'elsewhere' },
      { since: next },
      { until: at },
    ]) {
      expect(await operationsOf({ issueId: id, ...query })).toEqual([]);
    }
    const error = expectError(
      await admin('GET', '/audit', { query: { issueId: 'x', since: 'y', limit: '0' } }),
      400,
    );
    expect(error.details?.map(({ path }) => path).toSorted()).toEqual([
      'query.issueId',
      'query.limit',
      'query.since',
    ]);
  });

  it('comes by pages without a gap, also where many acts have one time', async () => {
    const { id } = await create('paged');
    const { sql } = guarded.server.database;
    await sql`
      insert into audit (at, operation, cluster, issue_id)
      select '2026-01-01T00:00:00Z', 'issues.link', ${home}, ${id} from generate_series(1, 23)`;
    const ids: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await read({ issueId: id, limit: '5', cursor });
      ids.push(...page.data.map((entry) => entry.id));
      cursor = page.nextCursor;
    }
    expect(new Set(ids).size).toBe(23);
    expect(ids).toHaveLength(23);
    for (const cursor of [
      'x',
      Buffer.from('[1,"x"]').toString('base64url'),
      Buffer.from('{}').toString('base64url'),
    ]) {
      expectError(await admin('GET', '/audit', { query: { cursor } }), 400);
    }
  });

  it('shows an admin of one cluster what concerns that one alone', async () => {
    const { sql } = guarded.server.database;
    await sql`
      insert into audit (at, operation, cluster, namespace)
      values (now(), 'issues.link', 'beta', 'far'), (now(), 'keys.create', null, 'far')`;
    expect(await operationsOf({ namespace: 'far' })).toEqual([]);
    expectError(await admin('GET', '/audit', { query: { cluster: 'beta' } }), 403);
    const global = guarded.as(await guarded.key({ clusters: ['*'], may: ['admin'] }));
    const entries = (await read({ namespace: 'far' }, global)).data.map(({ cluster }) => cluster);
    expect(entries.toSorted()).toEqual(['beta', null]);
    expect((await read({ namespace: 'far', cluster: 'beta' }, global)).data).toHaveLength(1);
  });

  it('has the acts on keys', async () => {
    const body = { name: 'k', namespaces: ['*'], may: ['read'] };
    const { id } = z.object({ id: z.string() }).parse(bodyOf(await admin('POST', '/keys', { body }), 201));
    bodyOf(await admin('DELETE', `/keys/${id}`), 204);
    bodyOf(await admin('DELETE', `/keys/${id}`), 204);
    const { data } = await read({ limit: '2' });
    expect(data).toMatchObject([
      { operation: 'keys.revoke', cluster: home, details: { keyId: id, name: 'k' } },
      { operation: 'keys.create', cluster: home, details: { keyId: id, may: ['read'], namespaces: ['*'] } },
    ]);
  });

  it('is dropped with the history', async () => {
    const { sql } = guarded.server.database;
    const old = new Date(Date.now() - 200 * 86_400_000).toISOString();
    await sql`insert into audit (at, operation, namespace) values (${old}, 'issues.link', 'old')`;
    const left = async () => (await sql`select operation from audit where namespace = 'old'`).length;
    await dropHistory(sql, Date.now(), 300);
    expect(await left()).toBe(1);
    await dropHistory(sql, Date.now(), 180);
    expect(await left()).toBe(0);
    expect((await read({ namespace })).data.length).toBeGreaterThan(0);
  });
});
