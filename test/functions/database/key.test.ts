/** The function that makes the first API key where nobody reaches the database, against a real one. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { keyDigest, parseKey } from '../../../core/access/key.ts';
import { handler } from '../../../functions/database/key.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
afterEach(() => vi.unstubAllEnvs());

function run(event: unknown) {
  vi.stubEnv('DATABASE_URL', database.url);
  vi.stubEnv('KITE_CLUSTER', 'alpha');
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'kite-test-database-key');
  return handler(event);
}

describe('a first key', () => {
  it('is kept as a digest, and written down as made by the function', async () => {
    const made = await run({ name: 'first', may: ['read', 'admin'], namespaces: ['*'] });
    const { id, secret = '' } = parseKey(made.key) ?? {};
    expect(id).toBe(made.id);
    const [row] = await database.sql`select * from api_keys where id = ${made.id}`;
    expect(row).toMatchObject({ name: 'first', clusters: ['alpha'], rights: ['read', 'admin'] });
    expect(Buffer.from(row?.secret_hash)).toEqual(keyDigest(secret));
    const [act] = await database.sql`select * from audit order by at desc limit 1`;
    expect(act).toMatchObject({ actor: 'ops (kite-test-database-key)', operation: 'keys.create' });
    expect(JSON.stringify(act)).not.toContain(secret);
  });

  it('is refused with all that is wrong', async () => {
    await expect(run({ name: '', may: ['all'] })).rejects.toThrow(
      /^There is no key\. (?=.*event\.name )(?=.*event\.may\.0 )(?=.*event\.namespaces )/,
    );
    await expect(run(null)).rejects.toThrow(/^There is no key\. event /);
  });

  it('is refused in a sentence where there is no database', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://nobody@127.0.0.1:1/kite');
    await expect(handler({ name: 'first', may: ['read'], namespaces: ['*'] })).rejects.toThrow(
      /^There is no key\. /,
    );
  });
});
