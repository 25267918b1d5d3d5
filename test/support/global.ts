import { rmSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { isAlive, readLock } from '../../db/embedded/lock.ts';
import { type EmbeddedServer, startEmbedded } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';

const TEMPLATE = 'kite_template';
const PREFIX = 'kite-test-';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of a maintenance database on the server that holds the template; its role may create databases. */
    readonly databaseUrl: string;
    /** Name of the migrated database that `createTestDatabase` clones. */
    readonly template: string;
  }
}

/**
 * One server for the whole run: an embedded one, or that of KITE_TEST_DATABASE_URL (whose database is not touched,
 * but where `kite_template` is made anew: one run at a time).
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.KITE_TEST_DATABASE_URL;
  if (given !== undefined && given !== '') {
    await createTemplate(given);
    project.provide('databaseUrl', given);
    project.provide('template', TEMPLATE);
    return async () => undefined;
  }
  await removeLeftovers();
  // The process id lets the next run tell what a killed run left behind.
  const directory = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  let server: EmbeddedServer | undefined;
  // A run that is interrupted is torn down at once and without waiting: an exit handler cannot.
  const abandon = (): void => {
    const pid = readLock(join(directory, 'data'))?.pid ?? 0;
    if (pid > 0 && isAlive(pid)) {
      process.kill(pid, 'SIGQUIT');
    }
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  };
  const interrupt = (): never => process.exit(130);
  const teardown = async (): Promise<void> => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
    process.off('exit', abandon).off('SIGINT', interrupt).off('SIGTERM', interrupt);
  };
  process.once('exit', abandon).once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    await chmod(directory, 0o755);
    server = await startEmbedded({ directory, durable: false, maxConnections: 200 });
    await createTemplate(server.url);
    project.provide('databaseUrl', server.url);
    project.provide('template', TEMPLATE);
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}

async function createTemplate(url: string): Promise<void> {
  const admin = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await admin`drop database if exists ${admin(TEMPLATE)} with (force)`;
    await admin`create database ${admin(TEMPLATE)}`;
    const address = new URL(url);
    address.pathname = `/${TEMPLATE}`;
    const template = postgres(address.href, { max: 1, onnotice: () => undefined });
    try {
      await migrate(template, new URL('../../db/migrations/', import.meta.url));
    } finally {
      await template.end({ timeout: 5 });
    }
  } finally {
    await admin.end({ timeout: 5 });
  }
}

/** Stops the servers and removes the directories of runs whose process is gone. */
async function removeLeftovers(): Promise<void> {
  for (const entry of await readdir(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(entry)?.[1];
    if (owner === undefined || isAlive(Number(owner))) {
      continue;
    }
    const directory = join(tmpdir(), entry);
    try {
      await (await startEmbedded({ directory, durable: false })).stop();
    } catch {
      // Another user's, or too broken to hold a server.
    }
    await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}
