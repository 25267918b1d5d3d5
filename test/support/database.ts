import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { inject } from 'vitest';

const CLONE_LIMIT_MS = 30_000;

export interface TestDatabase {
  readonly url: string;
  readonly sql: postgres.Sql;
  /** Closes `sql` and removes the database, whoever is still connected. */
  drop(): Promise<void>;
}

/** A database of its own, as the migrations leave it. One for each test file is enough where tests do not disturb each other. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase(inject('template'));
}

/** A database of its own without any migration. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template1');
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await asAdmin((admin) => clone(admin, template, name));
  const address = new URL(inject('databaseUrl'));
  address.pathname = `/${name}`;
  const sql = postgres(address.href, { onnotice: () => undefined });
  return {
    url: address.href,
    sql,
    async drop() {
      await sql.end({ timeout: 1 });
      await asAdmin((admin) => admin`drop database if exists ${admin(name)} with (force)`);
    },
  };
}

async function asAdmin(work: (admin: postgres.Sql) => Promise<unknown>): Promise<void> {
  const admin = postgres(inject('databaseUrl'), { max: 1, fetch_types: false, onnotice: () => undefined });
  try {
    await work(admin);
  } finally {
    await admin.end({ timeout: 5 });
  }
}

/** A template to which anyone (such as an autovacuum worker) is connected cannot be cloned at that moment. */
async function clone(admin: postgres.Sql, template: string, name: string): Promise<void> {
  for (const deadline = Date.now() + CLONE_LIMIT_MS; ; ) {
    try {
      await admin`create database ${admin(name)} template ${admin(template)}`;
      return;
    } catch (error) {
      const isBusy = error instanceof postgres.PostgresError && error.code === '55006';
      if (!isBusy || Date.now() > deadline) {
        throw error;
      }
      await pause(20);
    }
  }
}
