/** The role of the functions can do what they do, and nothing else. */
import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OperationId } from '../../../core/contract/operations.ts';
import { connect } from '../../../db/client.ts';
import { failureCode } from '../../../db/failure.ts';
import { ensureHistory } from '../../../db/history/ensure.ts';
import { keepHistory } from '../../../db/history/keep.ts';
import { quarterOf } from '../../../db/history/quarters.ts';
import { indexTexts } from '../../../db/issues/index-texts.ts';
import { ensureAppRole } from '../../../db/roles/ensure.ts';
import { startAccess } from '../../../functions/access/start.ts';
import { readConfig } from '../../../functions/config.ts';
import { calls } from '../../functions/access/calls.ts';
import { at, component, failing, freshNamespace, issueBody, passing } from '../../support/bodies.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { everything, makeKey } from '../../support/keys.ts';
import { type Kite, kiteOf } from '../../support/kite.ts';
import { startServer } from '../../support/server.ts';

const name = `kite_app_${randomUUID().slice(0, 8)}`;
const role = { name, password: `p-${randomUUID()}`, statementTimeout: 5_000 };
let owner: TestDatabase;
let app: postgres.Sql;

function urlOf(password: string): string {
  const url = new URL(owner.url);
  url.username = name;
  url.password = password;
  return url.href;
}

const open = (password: string) => postgres(urlOf(password), { max: 1, onnotice: () => undefined });

/** The SQLSTATE that a statement of the role fails with. */
async function refusal(statement: string): Promise<string | null> {
  return app.unsafe(statement).then(
    () => 'done',
    (error: unknown) => failureCode(error),
  );
}

beforeAll(async () => {
  owner = await createTestDatabase();
  await ensureHistory(owner.sql, Date.now(), 180);
  await ensureAppRole(owner.sql, role);
  app = open(role.password);
});
afterAll(async () => {
  await app.end({ timeout: 1 });
  await owner.sql.unsafe(`drop owned by ${name} cascade`);
  await owner.sql.unsafe(`drop role ${name}`);
  await owner.drop();
});

describe('the role of the functions', () => {
  test('logs in with its password, and has the settings that a proxy lets nobody send', async () => {
    const [row] = await app`
      select current_user::text as name, current_setting('statement_timeout') as statement,
        current_setting('idle_in_transaction_session_timeout') as idle, current_setting('TimeZone') as zone`;
    expect(row).toEqual({ name, statement: '5s', idle: '10s', zone: 'UTC' });
    const wrong = open('another');
    await expect(wrong`select 1`).rejects.toMatchObject({ code: '28P01' });
    await wrong.end();
  });

  const forbidden = [
    'create table notes ()',
    'create temporary table notes ()',
    'create schema notes',
    "create function notes() returns int language sql as 'select 1'",
    'drop table issues',
    'alter table issues add column note text',
    'truncate issues',
    'create index on issues (title)',
    'alter table issues disable trigger all',
    'drop function index_texts(integer)',
    'select * from pg_authid',
    'create role other',
    `alter role ${name} createrole`,
    'update schema_migrations set checksum = name',
    'delete from schema_migrations',
    "update history set dropped_before = 'infinity'",
    'delete from audit',
    "update audit set actor = 'nobody'",
    "copy issues to '/tmp/issues'",
    "select pg_read_file('/etc/passwd')",
  ];
  test.each(forbidden)('may not: %s', async (statement) => {
    expect(await refusal(statement)).toBe('42501');
  });
});

describe('with the role of the functions', () => {
  test('every operation does its work, and so does the index of the search', async () => {
    const key = await makeKey(owner.sql, everything);
    const { sql, close } = connect(urlOf(role.password), { connections: 2, timeout: 5_000 });
    const access = startAccess(readConfig({ HOME: '/', KITE_ACCESS: '{}' }).access, sql, {
      warn: () => undefined,
    });
    const server = await startServer({ databaseUrl: urlOf(role.password), access });
    try {
      const kite = kiteOf(() => server, { authorization: `Bearer ${key}` });
      for (const id of Object.keys(calls) as OperationId[]) {
        const things = await freshThings(kite);
        if (id === 'relations.delete') {
          await kite.ask(...calls['relations.create'](things));
        }
        const [method, path, ask] = calls[id](things);
        const { status, text } = await kite.ask(method, path, ask);
        expect({ id, status, text: status < 400 ? '' : text }).toMatchObject({ text: '' });
      }
      const [users] = await owner.sql`
        select count(*) filter (where usename <> ${name})::integer as others, count(*)::integer as all
        from pg_stat_activity where application_name = 'kite' and datname = current_database()`;
      expect(users).toMatchObject({ others: 0, all: expect.toSatisfy((count) => count > 0) });
      expect(await indexTexts(sql)).toBeGreaterThan(0);
    } finally {
      await server.close();
      await close();
    }
  });

  test('reports that come late, in batches and for other issues do theirs', async () => {
    const server = await startServer({ databaseUrl: urlOf(role.password) });
    try {
      const kite = kiteOf(() => server);
      const namespace = freshNamespace();
      const build = (seconds: number) => failing(namespace, seconds);
      expect(await kite.statuses(build(600))).toEqual(['opened']);
      expect(await kite.statuses(passing(namespace, 300), build(0), build(1200), build(900))).toEqual([
        'recorded',
        'updated',
        'updated',
        'updated',
      ]);
      const repository = { namespace, pipelineId: 'github.com/owner_repo@main', type: 'error' };
      await kite.failure('mintmaker-custom', { ...repository, logs: ['no route'], observedAt: at(0) });
      await kite.success('pipeline-success', { namespace, pipelineName: 'repo', observedAt: at(60) });
      const found = await kite.list({ namespace, search: 'checkout' });
      expect(found.total).toBeGreaterThan(0);
    } finally {
      await server.close();
    }
  });

  test('what comes by a later migration, and the history of next year, can be written too', async () => {
    await owner.sql`create table newcomers (name text)`;
    await owner.sql`create function newest() returns text language sql as 'select max(name) from newcomers'`;
    await app`insert into newcomers values ('a')`;
    expect(await app`select newest() as name`).toEqual([{ name: 'a' }]);
    const later = Date.UTC(new Date().getUTCFullYear() + 2, 1);
    await keepHistory(owner.sql, later, 180);
    const writable = await app<{ partition: string; may: boolean }[]>`
      select relname as partition, has_table_privilege(oid, 'insert') and has_table_privilege(oid, 'delete') as may
      from pg_class where relname like 'events\\_2%' and relkind = 'r'`;
    expect(writable.map(({ partition }) => partition)).toContain(quarterOf(later).partition);
    expect(writable.filter(({ may }) => !may)).toEqual([]);
    await owner.sql`drop function newest()`;
    await owner.sql`drop table newcomers`;
  });
});

describe('making the role again', () => {
  test('many at once, with a new password: the last one holds, and what it should not have is gone', async () => {
    await owner.sql.unsafe(`grant delete on audit to ${name}; alter role ${name} set statement_timeout = 0`);
    const password = `p-${randomUUID()}`;
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        const { sql, close } = connect(owner.url, { connections: 1, timeout: 5_000 });
        await ensureAppRole(sql, { ...role, password, statementTimeout: 3_000 });
        await close();
      }),
    );
    await app.end({ timeout: 1 });
    app = open(password);
    expect(await app`select current_setting('statement_timeout') as statement`).toEqual([
      { statement: '3s' },
    ]);
    expect(await refusal('delete from audit')).toBe('42501');
    role.password = password;
  });
});

/** Two issues of a namespace of their own, and a key, for one call. */
async function freshThings(kite: Kite) {
  const namespace = freshNamespace();
  const make = async () => (await kite.create(issueBody(namespace, component(randomUUID())))).id;
  const [id, otherId] = [await make(), await make()];
  const keyText = await makeKey(owner.sql, { clusters: ['*'], namespaces: ['team-*'], may: ['read'] });
  const [, keyId = ''] = keyText.split('_');
  return { namespace, asked: null, beside: null, id, otherId, keyId, clusters: ['local'] };
}
