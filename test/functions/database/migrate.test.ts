/** The migration of a deployment, as Lambda calls it: an empty database becomes one that the functions can work with. */
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildFunctions } from '../../../build.ts';
import { keepHistory } from '../../../db/history/keep.ts';
import { createEmptyDatabase, type TestDatabase } from '../../support/database.ts';
import { type SecretsManager, startSecretsManager } from '../../support/secrets-manager.ts';

type Migrate = (event: unknown) => Promise<{ applied: readonly string[]; check: boolean }>;

const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:kite-app-AbCdEf';
const role = `kite_app_${randomUUID().slice(0, 8)}`;
const root = new URL('../../../', import.meta.url).pathname;
const variables = [
  ...['DATABASE_URL', 'KITE_APP_SECRET_ARN', 'AWS_ENDPOINT_URL', 'AWS_REGION'],
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
];
const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
let folder: string;
let secrets: SecretsManager;
let database: TestDatabase;
const databases: TestDatabase[] = [];

/** The function as it is deployed, in a folder of its own. */
async function bundled(name: string): Promise<Migrate> {
  const copy = join(folder, name);
  await cp(join(folder, 'built/database/migrate'), copy, { recursive: true });
  const { handler } = (await import(join(copy, 'index.mjs'))) as { handler: Migrate };
  return handler;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kite-migrate-'));
  await buildFunctions(join(folder, 'built'));
  secrets = await startSecretsManager(secretAccessKey);
  secrets.secrets.set(arn, JSON.stringify({ username: role, password: 'p-first' }));
  process.env.AWS_ENDPOINT_URL = secrets.url;
  process.env.AWS_REGION = 'eu-central-1';
  process.env.AWS_ACCESS_KEY_ID = 'ASIAIOSFODNN7EXAMPLE';
  process.env.AWS_SECRET_ACCESS_KEY = secretAccessKey;
  process.env.AWS_SESSION_TOKEN = 'session';
});
beforeEach(async () => {
  database = await createEmptyDatabase();
  databases.push(database);
  process.env.DATABASE_URL = database.url;
  process.env.KITE_APP_SECRET_ARN = arn;
});
afterAll(async () => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) {
      delete process.env[name];
    } else {
      process.env[name] = value;
    }
  }
  for (const { sql } of databases) {
    await sql.unsafe(`do $$ begin if exists (select from pg_roles where rolname = '${role}') then
      drop owned by ${role} cascade; end if; end $$`);
  }
  await databases[0]?.sql.unsafe(`drop role if exists ${role}`);
  for (const { drop } of databases) {
    await drop();
  }
  await secrets.close();
  await rm(folder, { recursive: true, force: true });
});

async function names(): Promise<readonly string[]> {
  return (await readdir(join(root, 'db/migrations'))).sort();
}

async function logIn(password: string): Promise<string> {
  const url = new URL(database.url);
  url.username = role;
  url.password = password;
  const sql = postgres(url.href, { max: 1 });
  try {
    const [row] = await sql<{ timeout: string }[]>`
      select current_setting('statement_timeout') as timeout from issues right join (select) one on true`;
    return row?.timeout ?? '';
  } finally {
    await sql.end({ timeout: 1 });
  }
}

describe('the migration of a deployment', () => {
  test('says what it would do, does it, and has nothing left to do', async () => {
    const migrate = await bundled('once');
    const all = await names();
    expect(await migrate({ check: true })).toEqual({ applied: all, check: true });
    expect(await database.sql`select to_regclass('issues') as issues`).toEqual([{ issues: null }]);
    expect(await migrate({})).toEqual({ applied: all, check: false });
    expect(await migrate({ check: true })).toEqual({ applied: [], check: true });
    expect(await migrate(undefined)).toEqual({ applied: [], check: false });
    expect(await logIn('p-first')).toBe('5s');
    const [history] = await database.sql<{ quarters: number }[]>`
      select count(*)::integer as quarters from pg_inherits where inhparent = 'events'::regclass`;
    expect(history?.quarters).toBeGreaterThan(2);
  });

  test('many at once land each migration once', async () => {
    const migrate = await bundled('many');
    const done = await Promise.all([migrate({}), migrate({}), migrate({})]);
    expect(done.flatMap(({ applied }) => applied).sort()).toEqual(await names());
    expect(await logIn('p-first')).toBe('5s');
  });

  test('takes over a password that was changed', async () => {
    const migrate = await bundled('rotated');
    await migrate({});
    secrets.secrets.set(arn, JSON.stringify({ username: role, password: 'p-second' }));
    await migrate({});
    await expect(logIn('p-first')).rejects.toMatchObject({ code: '28P01' });
    expect(await logIn('p-second')).toBe('5s');
  });

  test('makes no role where no secret names one, and asks for none', async () => {
    delete process.env.KITE_APP_SECRET_ARN;
    const asked = secrets.asked.length;
    const migrate = await bundled('without-role');
    expect((await migrate({})).applied).toEqual(await names());
    expect(secrets.asked).toHaveLength(asked);
    expect(await database.sql`select 1 from pg_default_acl`).toEqual([]);
  });

  test('its user need be no superuser: the owner of the database, who may make roles, is enough', async () => {
    const owner = `kite_owner_${randomUUID().slice(0, 8)}`;
    const url = new URL(database.url);
    const name = url.pathname.slice(1);
    await database.sql.unsafe(`create role ${owner} login createrole password 'p-owner'`);
    await database.sql.unsafe(`alter database ${name} owner to ${owner}`);
    url.username = owner;
    url.password = 'p-owner';
    process.env.DATABASE_URL = url.href;
    secrets.secrets.set(arn, JSON.stringify({ username: `${role}_of_owner`, password: 'p-first' }));
    const migrate = await bundled('owner');
    expect((await migrate({})).applied).toEqual(await names());
    expect(await migrate({})).toEqual({ applied: [], check: false });
    const [tables] = await database.sql<{ foreign: number }[]>`
      select count(*)::integer as foreign from pg_tables where schemaname = 'public' and tableowner <> ${owner}`;
    expect(tables?.foreign).toBe(0);
    const sql = postgres(url.href, { max: 1, onnotice: () => undefined });
    await sql`create table public.events_1999_q1 (like events including defaults including constraints)`;
    await sql`
      alter table events attach partition events_1999_q1 for values from ('1999-01-01Z') to ('1999-04-01Z')`;
    expect(await keepHistory(sql, Date.now(), 180)).toContain('events_1999_q1');
    await sql.end({ timeout: 1 });
    for (const made of [`${role}_of_owner`, owner]) {
      await database.sql.unsafe(`reassign owned by ${made} to current_user; drop owned by ${made} cascade`);
      await database.sql.unsafe(`drop role ${made}`);
    }
    secrets.secrets.set(arn, JSON.stringify({ username: role, password: 'p-first' }));
  });

  test('one that fails leaves nothing behind and says which, where and why', async () => {
    const migrate = await bundled('failing');
    await writeFile(
      join(folder, 'failing/migrations/0099_break.sql'),
      'create table notes ();\ncreate table issues ();\n',
    );
    await expect(migrate({})).rejects.toThrow(
      /^The database was not brought up to date\. Migration \d{4} is missing/,
    );
    const next = String((await names()).length + 1).padStart(4, '0');
    await rm(join(folder, 'failing/migrations/0099_break.sql'));
    await writeFile(
      join(folder, `failing/migrations/${next}_break.sql`),
      'create table notes ();\nselect missing from notes;\n',
    );
    const failure = await migrate({}).catch((error: Error) => error);
    expect(failure).toMatchObject({
      message: `The database was not brought up to date. Migration ${next}_break.sql failed at line 2 and left nothing behind: column "missing" does not exist`,
    });
    expect(failure).not.toHaveProperty('cause');
    expect(await database.sql`select to_regclass('notes') as notes`).toEqual([{ notes: null }]);
    expect(await migrate({ check: true })).toEqual({ applied: [`${next}_break.sql`], check: true });
  });

  test('what it cannot reach or read is said in a sentence that shows no secret', async () => {
    const migrate = await bundled('refused');
    const said = async (): Promise<string> => {
      const failure: unknown = await migrate({}).catch((error: unknown) => error);
      return failure instanceof Error ? failure.message : 'done';
    };
    process.env.KITE_APP_SECRET_ARN = `${arn}x`;
    expect(await said()).toBe(
      `The database was not brought up to date. the secret ${arn}x cannot be read: ResourceNotFoundException: Secrets Manager can't find the specified secret.`,
    );
    secrets.secrets.set(`${arn}x`, 'hunter2');
    expect(await said()).toBe(
      `The database was not brought up to date. the secret ${arn}x does not hold JSON with a username and a password`,
    );
    process.env.AWS_SECRET_ACCESS_KEY = 'another';
    expect(await said()).toContain('InvalidSignatureException');
    process.env.AWS_SECRET_ACCESS_KEY = secretAccessKey;
    const url = new URL(database.url);
    url.port = '1';
    url.password = 'hunter3';
    process.env.DATABASE_URL = url.href;
    expect(await said()).toMatch(/^The database was not brought up to date\. .*ECONNREFUSED/);
    expect(await said()).not.toContain('hunter3');
  });
});
