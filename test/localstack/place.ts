import { rmSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, readLock } from '../../db/embedded/lock.ts';
import { startEmbedded } from '../../db/embedded.ts';

const PREFIX = 'kite-localstack-';
/** Of a place: where its Postgres lives. */
export const POSTGRES = 'postgres';

/** A new directory for all that a run makes. Its name says whose it is, for a process that is killed. */
export async function makePlace(): Promise<string> {
  await removeLeftovers();
  const directory = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  // Postgres runs as another user where this process is root's.
  await chmod(directory, 0o755);
  process.once('exit', () => {
    const pid = readLock(join(directory, POSTGRES, 'data'))?.pid ?? 0;
    if (pid > 0 && isAlive(pid)) {
      process.kill(pid, 'SIGQUIT');
    }
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  });
  return directory;
}

/** Stops the databases and removes the directories of runs whose process is gone. */
async function removeLeftovers(): Promise<void> {
  for (const entry of await readdir(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(entry)?.[1];
    if (owner === undefined || isAlive(Number(owner))) {
      continue;
    }
    const directory = join(tmpdir(), entry);
    try {
      await (await startEmbedded({ directory: join(directory, POSTGRES), durable: false })).stop();
    } catch {
      // Another user's, or too broken to hold a server.
    }
    await rm(directory, { recursive: true, force: true }).catch(() => undefined);
  }
}
