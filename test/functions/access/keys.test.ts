import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formatKey, keyDigest, keySecretBytes } from '../../../core/access/key.ts';
import { createKey } from '../../../db/keys/create.ts';
import { findKey } from '../../../db/keys/find.ts';
import { revokeKey } from '../../../db/keys/revoke.ts';
import { touchKey } from '../../../db/keys/touch.ts';
import type { AccessControl } from '../../../functions/access/control.ts';
import type { KeyStore } from '../../../functions/access/keys.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { accessOf, bearing, identify } from './caller.ts';

let database: TestDatabase;
let access: AccessControl;
/** Milliseconds since 1970. */
let now: number;
/** The ids that were looked up, and those whose use was noted. */
let looked: string[];
let noted: Promise<void>[];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  now = Date.parse('2026-05-01T12:00:00Z');
  looked = [];
  noted = [];
  access = open();
});

/** The real keys, of which every look is counted. */
const store: KeyStore = {
  find(id) {
    looked.push(id);
    return findKey(database.sql, id);
  },
  touch(id, at) {
    const done = touchKey(database.sql, id, at);
    noted.push(done);
    return done;
  },
};

const open = (limits: object = { refusedBurst: 10_000 }): AccessControl =>
  accessOf({ limits }, { keys: store, clock: () => now, elapsed: () => now });

async function make(
  expiresAt: number | null = null,
): Promise<{ readonly id: string; readonly text: string }> {
  const id = randomUUID().replaceAll('-', '').slice(0, 12);
  const { text, secret } = formatKey(id, randomBytes(keySecretBytes));
  const grant = { clusters: ['alpha'], namespaces: ['team-*'], may: ['report'] as const };
  const made = {
    id,
    name: 'jenkins',
    digest: keyDigest(secret),
    now,
    expiresAt,
    actor: null,
    requestId: null,
  };
  await createKey(database.sql, { ...made, ...grant });
  return { id, text };
}

const wrong = (id: string): string => formatKey(id, randomBytes(keySecretBytes)).text;

describe('an API key', () => {
  test('is let in with what it gives', async () => {
    const { id, text } = await make();
    const caller = await access.authenticate(bearing(text));
    expect(caller).toEqual({
      actor: `key:${id} (jenkins)`,
      principal: `key:${id}`,
      cluster: 'alpha',
      clusters: ['alpha'],
    });
    expect(await access.may(caller, 'report', { cluster: 'alpha', namespace: 'team-a' })).toBe(true);
    expect(await access.may(caller, 'read', { cluster: 'alpha', namespace: 'team-a' })).toBe(false);
  });

  test('with a wrong secret, of an id that there is or not, is refused alike, after one look each', async () => {
    const { id } = await make();
    for (const one of [id, randomUUID().replaceAll('-', '').slice(0, 12)]) {
      looked = [];
      expect(await identify(access, bearing(wrong(one)))).toEqual({
        code: 'unauthenticated',
        reason: `there is no API key ${one} with this secret`,
      });
      expect(looked).toEqual([one]);
    }
  });

  test('works until it is revoked, and three seconds longer at the most', async () => {
    const { id, text } = await make();
    expect(await identify(access, bearing(text))).toHaveProperty('actor');
    now += 2_000;
    expect(await identify(access, bearing(text))).toHaveProperty('actor');
    await revokeKey(database.sql, { id, now, clusters: null, actor: null, requestId: null });
    now += 1_000;
    expect(await identify(access, bearing(text))).toEqual({
      code: 'unauthenticated',
      reason: `the API key ${id} is revoked`,
    });
  });

  test('works until it expires, to the millisecond', async () => {
    const { text } = await make(now + 2_000);
    expect(await identify(access, bearing(text))).toHaveProperty('actor');
    now += 1_999;
    expect(await identify(access, bearing(text))).toHaveProperty('actor');
    now += 1;
    expect(await identify(access, bearing(text))).toMatchObject({
      reason: expect.stringContaining('has expired'),
    });
  });

  test('is looked up once for as long as it is believed, and its use is noted once a minute', async () => {
    const { id, text } = await make();
    for (; now < Date.parse('2026-05-01T12:00:59Z'); now += 1_000) {
      await identify(access, bearing(text));
    }
    expect(looked).toHaveLength(20);
    await Promise.all(noted);
    expect(noted).toHaveLength(1);
    const row = (
      await database.sql<{ at: Date }[]>`select last_used_at as at from api_keys where id = ${id}`
    )[0];
    expect(row?.at.toISOString()).toBe('2026-05-01T12:00:00.000Z');
  });

  test('that is not one never leaves this process', async () => {
    for (const text of ['kite_', 'kite_x', `kite_ab12cd34_${'a'.repeat(42)}`]) {
      expect(await identify(access, bearing(text))).toMatchObject({ code: 'unauthenticated' });
    }
    expect(looked).toEqual([]);
  });

  test('is refused where no keys are taken', async () => {
    const { text } = await make();
    const issuers = [{ name: 'gitlab', issuer: 'https://gitlab.com', audiences: ['kite'] }];
    const closed = accessOf({ keys: false, issuers }, { keys: store });
    expect(await identify(closed, bearing(text))).toMatchObject({ reason: 'API keys are switched off' });
  });

  test('may not impersonate', async () => {
    const { text } = await make();
    const impersonation = new Map([['impersonate-user', ['alice']]]);
    expect(await identify(access, bearing(text, { impersonation }))).toMatchObject({ code: 'forbidden' });
  });
});

describe('whoever tries secrets', () => {
  const tries = async (count: number, id: () => string, address = '192.0.2.1'): Promise<string[]> => {
    const codes: string[] = [];
    for (let time = 0; time < count; time += 1) {
      const found = await identify(access, bearing(wrong(id()), { sourceAddress: address }));
      codes.push('code' in found ? found.code : 'let in');
    }
    return codes;
  };
  const count = (codes: readonly string[], code: string) => codes.filter((one) => one === code).length;
  const random = () => randomUUID().replaceAll('-', '').slice(0, 12);

  beforeEach(() => {
    access = open({ refusedBurst: 50, refusedPerSecond: 5 });
  });

  test('of one key is held up after ten, and the key itself works on where it is known', async () => {
    const { id, text } = await make();
    expect(await identify(access, bearing(text))).toHaveProperty('actor');
    const codes = await tries(30, () => id);
    expect([count(codes, 'unauthenticated'), count(codes, 'rate_limited')]).toEqual([10, 20]);
    now += 3_000;
    expect(await identify(access, bearing(text))).toHaveProperty('actor');
  });

  test('of one key does not lock out its owner, who comes from elsewhere', async () => {
    const { id, text } = await make();
    await tries(30, () => id);
    expect(await identify(access, bearing(text))).toMatchObject({ code: 'rate_limited' });
    expect(await identify(access, bearing(text, { sourceAddress: '192.0.2.2' }))).toHaveProperty('actor');
  });

  test('of many keys is held up by the address, at the same time as well, and others are not', async () => {
    const { text } = await make();
    const codes = (await Promise.all(Array.from({ length: 100 }, () => tries(1, random)))).flat();
    expect([count(codes, 'unauthenticated'), count(codes, 'rate_limited')]).toEqual([50, 50]);
    expect(looked).toHaveLength(50);
    expect(await identify(access, bearing(text))).toMatchObject({ code: 'rate_limited' });
    expect(await identify(access, bearing(text, { sourceAddress: '192.0.2.2' }))).toHaveProperty('actor');
  });

  test('may go on slowly', async () => {
    await tries(60, random);
    now += 1_000;
    expect(count(await tries(10, random), 'unauthenticated')).toBe(5);
  });
});
