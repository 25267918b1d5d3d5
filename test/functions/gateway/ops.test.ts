/** The program that makes the first API key, against a real database. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseKey } from '../../../core/access/key.ts';
import { createEmptyDatabase, type TestDatabase } from '../../support/database.ts';
import { useGuarded } from '../../support/guarded.ts';

const guarded = useGuarded();
const root = new URL('../../../', import.meta.url).pathname;
let empty: TestDatabase;

beforeAll(async () => {
  empty = await createEmptyDatabase();
});
afterAll(() => empty.drop());

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function ops(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const variables = {
    ...process.env,
    DATABASE_URL: guarded.server.databaseUrl,
    KITE_CLUSTER: 'alpha',
    ...env,
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', join(root, 'functions/gateway/ops-main.ts'), ...args],
      { cwd: root, env: variables },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
    );
  });
}

describe('ops keys', () => {
  it('makes a key that works at once, lists it, and takes it back', async () => {
    const made = await ops([
      ...['keys', 'create', '--name', 'first', '--may', 'read,admin', '--may', 'act'],
      ...['--namespace', '*', '--days', '30'],
    ]);
    expect(made.code, made.err).toBe(0);
    const key = made.out.trim();
    const { id = '', secret = '' } = parseKey(key) ?? {};
    expect(id).not.toBe('');
    expect(made.err).not.toContain(secret);
    const asking = guarded.as(key);
    expect((await asking('GET', '/issues', { query: { namespace: 'any' } })).status).toBe(200);
    expect((await asking('GET', '/keys')).status).toBe(200);
    expect((await asking('GET', '/issues', { query: { namespace: 'any', cluster: 'beta' } })).status).toBe(
      403,
    );

    const listed = await ops(['keys', 'list']);
    expect(listed.code, listed.err).toBe(0);
    const line = listed.out.split('\n').find((one) => one.startsWith(id)) ?? '';
    expect(line).toContain('first');
    expect(line).toContain('clusters alpha');
    expect(listed.out).not.toContain(secret);

    expect(await ops(['keys', 'revoke', id])).toMatchObject({ code: 0, out: '' });
    const [row] = await guarded.server.database
      .sql`select revoked_at, created_by from api_keys where id = ${id}`;
    expect(row?.revoked_at).toBeInstanceOf(Date);
    expect(row?.created_by).toMatch(/^ops \(.+\)$/);
    const acts = await guarded.server.database
      .sql`select operation from audit where details ->> 'keyId' = ${id} order by id`;
    expect(acts.map(({ operation }) => operation)).toEqual(['keys.create', 'keys.revoke']);
  });

  it.each([
    [['keys', 'create'], 'name is missing'],
    [['keys', 'create', '--name', 'x', '--may', 'write', '--namespace', 'a'], 'may'],
    [['keys', 'create', '--name', 'x', '--may', 'admin', '--namespace', 'a'], 'admin gives nothing'],
    [['keys', 'create', '--name', 'x', '--may', 'read', '--namespace', 'a', '--days', '0'], '--days'],
    [['keys', 'revoke', 'no such id'], 'is not the id of a key'],
    [['keys', 'revoke', 'abcdefabcdef'], 'There is no key'],
    [['keys', 'list', '--name', 'x'], '--help'],
    [['keys', 'drop'], '--help'],
    [['keys', 'list', '--verbose'], '--verbose'],
  ])('%j is refused and says why', async (args, sentence) => {
    const { code, out, err } = await ops(args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(sentence);
    expect(err).not.toMatch(/\bat .+:\d+:\d+/);
  });

  it('says what to do where there are no tables yet', async () => {
    const { code, err } = await ops(['keys', 'list'], { DATABASE_URL: empty.url });
    expect(code).toBe(1);
    expect(err).toContain('start Kite on it once');
  });

  it('says what it can do', async () => {
    const { code, out } = await ops(['--help']);
    expect(code).toBe(0);
    expect(out).toContain('keys create');
  });
});

describe('with the embedded database', () => {
  it('starts a server that does not run, and leaves none behind', async () => {
    const directory = await mkdtemp(join(tmpdir(), `kite-test-${process.pid}-`));
    await chmod(directory, 0o755);
    try {
      const { code, err } = await ops(['keys', 'list'], {
        DATABASE_URL: '',
        KITE_DATA: join(directory, 'data'),
      });
      expect(code).toBe(1);
      expect(err).toContain('start Kite on it once');
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
