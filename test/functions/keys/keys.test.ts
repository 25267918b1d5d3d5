/** API keys: made, shown once, used, listed and revoked by admins, each within the clusters that they administer. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type ApiKey, apiKey, keyPage, newKey } from '../../../core/contract/keys.ts';
import { until } from '../../cluster/until.ts';
import { failing } from '../../support/bodies.ts';
import { type Asking, home, useGuarded } from '../../support/guarded.ts';
import { bodyOf, expectError, namedPaths } from '../../support/kite.ts';

const guarded = useGuarded();
const all = ['read', 'report', 'act', 'admin'] as const;
let admin: Asking;
let global: Asking;

beforeAll(async () => {
  admin = guarded.as(await guarded.key({ name: 'admin', may: all }));
  global = guarded.as(await guarded.key({ name: 'global', clusters: ['*'], may: all }));
});

const body = (fields: object = {}) => ({
  name: 'jenkins',
  namespaces: ['team-*'],
  may: ['report', 'read'],
  ...fields,
});
const make = async (asking: Asking, fields: object = {}) =>
  newKey.parse(bodyOf(await asking('POST', '/keys', { body: body(fields) }), 201));
const list = async (asking: Asking): Promise<readonly ApiKey[]> => {
  const keys: ApiKey[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = keyPage.parse(bodyOf(await asking('GET', '/keys', { query: { limit: '3', cursor } }), 200));
    keys.push(...page.data);
    cursor = page.nextCursor;
  }
  return keys;
};
const works = async (key: string, namespace: string): Promise<number> =>
  (await guarded.as(key)('GET', '/issues', { query: { namespace } })).status;

describe('a new key', () => {
  it('does what it says, in the cluster of who made it, and no more', async () => {
    const { key, ...made } = await make(admin);
    expect(made).toMatchObject({
      name: 'jenkins',
      clusters: [home],
      namespaces: ['team-*'],
      may: ['report', 'read'],
    });
    expect(made.createdBy).toMatch(/^key:[0-9a-f]{12} \(admin\)$/);
    const asking = guarded.as(key);
    expect(await works(key, 'team-a')).toBe(200);
    expect(await works(key, 'other')).toBe(403);
    const reports = [failing('team-a', 0), failing('other', 0), failing('team-a', 0, { cluster: 'beta' })];
    const answer = await asking('POST', '/reports', { body: { reports } });
    expect(bodyOf(answer, 200)).toMatchObject({
      results: [{ status: 'opened' }, { error: { code: 'forbidden' } }, { error: { code: 'forbidden' } }],
    });
    expectError(await asking('GET', '/keys'), 403);
    expectError(await asking('POST', '/keys', { body: body() }), 403);
  });

  it('is kept as a digest, and shown by no other answer', async () => {
    const { key, id } = await make(admin, { name: 'secretive' });
    const secret = key.split('_').slice(2).join('_');
    const { sql } = guarded.server.database;
    const [row] = await sql`select k::text as text, secret_hash from api_keys k where id = ${id}`;
    expect(row?.text).not.toContain(secret);
    expect(row?.secret_hash).toHaveLength(32);
    const shown = [await admin('GET', '/keys'), await admin('GET', '/audit')].map(({ text }) => text).join();
    expect(shown).toContain(id);
    expect(shown).not.toContain(secret);
    const stored = await sql`select a::text as text from audit a`;
    expect(JSON.stringify(stored)).not.toContain(secret);
  });

  it('lets nobody in with another secret, nor in another spelling', async () => {
    const { key, id } = await make(admin);
    const other = (await make(admin)).key.split('_').slice(2).join('_');
    for (const wrong of [
      `kite_${id}_${other}`,
      `${key}x`,
      key.toUpperCase(),
      key.slice(0, -1),
      `kite_${id}_`,
    ]) {
      expect(await works(wrong, 'team-a')).toBe(401);
    }
  });

  it('ends to be valid at its time', async () => {
    const past = new Date(Date.now() - 1000).toISOString();
    const error = expectError(await admin('POST', '/keys', { body: body({ expiresAt: past }) }), 400);
    expect(namedPaths(error)).toEqual(['expiresAt']);
    expect(await works(await guarded.key({ expiresAt: Date.now() - 1 }), 'team-a')).toBe(401);
    const { expiresAt } = await make(admin, { expiresAt: '2999-01-01T00:00:00Z' });
    expect(expiresAt).toBe('2999-01-01T00:00:00.000Z');
  });

  it.each([
    [{ name: ' ' }, ['name']],
    [{ may: [] }, ['may']],
    [{ may: ['write'] }, ['may.0']],
    [{ namespaces: [] }, ['namespaces']],
    [{ namespaces: undefined }, ['namespaces']],
    [{ namespaces: ['x'.repeat(257)] }, ['namespaces.0']],
    [{ namespaces: ['team-a', 'team b'] }, ['namespaces.1']],
    [{ name: 'x'.repeat(101) }, ['name']],
    [{ clusters: [] }, ['clusters']],
    [{ may: ['admin'], namespaces: ['team-a'] }, ['namespaces']],
  ])('is refused with %j', async (fields, paths) => {
    expect(namedPaths(expectError(await admin('POST', '/keys', { body: body(fields) }), 400))).toEqual(paths);
  });

  it('says when it was used last', async () => {
    const { key, id } = await make(admin);
    expect((await list(admin)).find((one) => one.id === id)?.lastUsedAt).toBeNull();
    await works(key, 'team-a');
    await until('the use is noted', async () =>
      (await list(admin)).some((one) => one.id === id && one.lastUsedAt),
    );
  });
});

describe('an admin of one cluster', () => {
  it('makes no key for another one, nor for all of them', async () => {
    for (const clusters of [['beta'], [home, 'beta'], ['*']]) {
      expect(expectError(await admin('POST', '/keys', { body: body({ clusters }) }), 403).code).toBe(
        'forbidden',
      );
      expect((await make(global, { clusters })).clusters).toEqual(clusters);
    }
  });

  it('sees and revokes only keys that reach no further', async () => {
    const far = await Promise.all(
      [['beta'], [home, 'beta'], ['*']].map((clusters) => make(global, { clusters })),
    );
    const near = await make(global, { clusters: [home] });
    const seen = (await list(admin)).map(({ id }) => id);
    expect(seen).toContain(near.id);
    for (const { id, key } of far) {
      expect(seen).not.toContain(id);
      expectError(await admin('DELETE', `/keys/${id}`), 404);
      expect(await works(key, 'team-a')).toBe(200);
    }
    const everything = (await list(global)).map(({ id }) => id);
    expect(everything).toEqual(expect.arrayContaining([...far, near].map(({ id }) => id)));
    expect(new Set(everything).size).toBe(everything.length);
  });

  it('who is none may neither make, see nor revoke', async () => {
    const { id } = await make(admin);
    const asking = guarded.as(await guarded.key({ may: ['read', 'report', 'act'] }));
    expectError(await asking('GET', '/keys'), 403);
    expectError(await asking('DELETE', `/keys/${id}`), 403);
    expectError(await asking('DELETE', '/keys/00000000ffff'), 403);
    expectError(await asking('GET', '/audit'), 403);
  });
});

describe('a key that is revoked', () => {
  it('lets nobody in any more, within seconds', async () => {
    const { key, id } = await make(admin);
    expect(await works(key, 'team-a')).toBe(200);
    bodyOf(await admin('DELETE', `/keys/${id}`), 204);
    await until('the key is refused', async () => (await works(key, 'team-a')) === 401, 10_000);
    const kept = (await list(admin)).find((one) => one.id === id);
    expect(apiKey.parse(kept)).toMatchObject({ revokedBy: expect.stringContaining('(admin)') });
    const [before] = await guarded.server.database.sql`select revoked_at from api_keys where id = ${id}`;
    bodyOf(await admin('DELETE', `/keys/${id}`), 204);
    expect(await guarded.server.database.sql`select revoked_at from api_keys where id = ${id}`).toEqual([
      before,
    ]);
    expectError(await admin('DELETE', '/keys/00000000ffff'), 404);
  });
});
