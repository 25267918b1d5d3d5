import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../db/embedded/lock.ts';

const PREFIX = 'kite-cluster-';

/** A new directory, which is removed when this process ends. Its name says whose it is, for a process that is killed. */
export async function directory(purpose: string): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-${purpose}-`));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  process.setMaxListeners(0);
  return made;
}

/** Removes the directories of processes that are gone. */
export async function removeLeftovers(): Promise<void> {
  for (const entry of await readdir(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(entry)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) {
      await rm(join(tmpdir(), entry), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}
