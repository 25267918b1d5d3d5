import { EventEmitter, once } from 'node:events';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KiteError } from '../../core/errors.ts';
import { connect, type Database } from '../../db/client.ts';
import { retrying } from '../../db/failure.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startRelay } from '../support/relay.ts';

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = connect(testDatabase.url, { connections: 6, timeout: 5_000 });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

/** Ends every connection of the database but the one that asks. */
async function cutAll(): Promise<void> {
  await testDatabase.sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name = 'kite'`;
}

describe('connections that are cut, again and again', () => {
  test('every statement ends, well or as unavailable; the process lives; the next statements work', async () => {
    let working = true;
    let done = 0;
    let refused = 0;
    const callers = Array.from({ length: 12 }, async () => {
      while (working) {
        try {
          await retrying(() =>
            database.sql.begin(async (tx) => tx`select pg_sleep(0.001), ${'x'.repeat(20)}::text`),
          );
          done += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(KiteError);
          expect((error as KiteError).code).toBe('unavailable');
          refused += 1;
        }
      }
    });
    for (let round = 0; round < 60; round += 1) {
      const before = done;
      await cutAll();
      await expect.poll(() => done, { interval: 2, timeout: 10_000 }).toBeGreaterThan(before + 5);
    }
    working = false;
    await Promise.all(callers);
    expect(refused).toBeGreaterThan(0);
    const answers = await Promise.all(Array.from({ length: 30 }, () => database.sql`select 1 as one`));
    expect(answers.every(([row]) => row?.one === 1)).toBe(true);
    // Each round may wait for the driver's next attempt, a second at the most; each has its own limit above.
  }, 120_000);

  test('a database that goes away is unavailable within the time-out, and is found again when it is back', async () => {
    const address = new URL(testDatabase.url);
    const name = address.pathname.slice(1);
    address.pathname = '/postgres';
    const admin = postgres(address.href, { max: 1 });
    await admin.unsafe(`alter database ${name} allow_connections false`);
    await cutAll();
    const ask = () => retrying(() => database.sql`select 1 as one`);
    await expect(ask()).rejects.toMatchObject({ code: 'unavailable', headers: { 'Retry-After': '2' } });
    await admin.unsafe(`alter database ${name} allow_connections true`);
    await expect
      .poll(
        () =>
          ask().then(
            () => 'up',
            () => 'down',
          ),
        { interval: 20, timeout: 15_000 },
      )
      .toBe('up');
    await admin.end();
  });

  test('a transaction whose connection is reset leaves nothing behind on it for the next one', async () => {
    const relay = await startRelay(testDatabase.url);
    const single = connect(relay.url, { connections: 1, timeout: 5_000 });
    const sleeping = async () => {
      const [row] = await testDatabase.sql`
        select count(*)::integer as n from pg_stat_activity
        where datname = current_database() and query like '%pg_sleep(3)%' and pid <> pg_backend_pid()`;
      return row?.n;
    };
    for (let round = 0; round < 5; round += 1) {
      const dying = expect(
        retrying(() => single.sql.begin((tx) => tx`select pg_sleep(3)`)),
      ).rejects.toMatchObject({
        code: 'unavailable',
      });
      await expect.poll(sleeping, { interval: 5, timeout: 10_000 }).toBe(1);
      relay.reset();
      await dying;
      const answers = await single.sql.begin(async (tx) => [
        await tx`select 1 as n`,
        await tx`select ${'a'}::text as n`,
        await tx`select 2 as n`,
      ]);
      expect(answers.map(([row]) => row?.n)).toEqual([1, 'a', 2]);
      await testDatabase.sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query like '%pg_sleep(3)%' and pid <> pg_backend_pid()`;
      await expect.poll(sleeping, { interval: 5, timeout: 10_000 }).toBe(0);
    }
    await single.close();
    await relay.close();
  });

  test('a transaction that outlives its connection cannot write into the one that took its place', async () => {
    const relay = await startRelay(testDatabase.url);
    const single = connect(relay.url, { connections: 1, timeout: 5_000 });
    await testDatabase.sql`create table notes (writer text)`;
    const signals = new EventEmitter();
    const released = once(signals, 'released');
    const begun = once(signals, 'begun');
    let strayed: unknown;
    const lost = expect(
      single.sql.begin(async (tx) => {
        await tx`select 1`;
        signals.emit('begun');
        await released;
        strayed = await tx`insert into notes values ('lost')`.catch((error: unknown) => error);
      }),
    ).rejects.toThrow();
    await begun;
    relay.reset();
    await lost;
    await single.sql.begin(async (tx) => {
      await tx`insert into notes values ('next')`;
      signals.emit('released');
      await expect.poll(() => strayed, { interval: 1 }).toBeInstanceOf(Error);
      await tx`insert into notes values ('next')`;
    });
    expect(await testDatabase.sql`select writer from notes`).toEqual([
      { writer: 'next' },
      { writer: 'next' },
    ]);
    await single.close();
    await relay.close();
  });
});

test('the pool tells how many connections are busy and how many statements wait', async () => {
  const { sql, close } = connect(testDatabase.url, { connections: 2, timeout: 5_000 });
  expect(sql.pool()).toEqual({ idle: 0, busy: 0, connecting: 0, waiting: 0 });
  const sleeping = [1, 2, 3, 4, 5].map(() => sql`select pg_sleep(0.05)`.execute());
  await expect.poll(() => sql.pool(), { interval: 2 }).toMatchObject({ busy: 2 });
  expect(sql.pool().waiting).toBeGreaterThan(0);
  await Promise.all(sleeping);
  expect(sql.pool()).toEqual({ idle: 2, busy: 0, connecting: 0, waiting: 0 });
  await sql.begin(async (tx) => {
    await tx`select 1`;
    expect(sql.pool()).toMatchObject({ idle: 1, busy: 1 });
  });
  await close();
});
