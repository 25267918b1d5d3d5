import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { isAlive } from '../../db/embedded/lock.ts';

/**
 * A directory of the user's cache (`${XDG_CACHE_HOME:-~/.cache}/kite/<name>`) that is there whole or not at all: `make`
 * fills another one, which then takes the name. Two at once may both make it; the first stays.
 *
 * @param name says all that the content depends on, such as a digest of what it is made from
 * @param make fills the directory that it is given, which it must not name in what it writes: it is moved
 */
export async function cached(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const directory = cachePath(name);
  if (existsSync(directory)) {
    return directory;
  }
  await mkdir(dirname(directory), { recursive: true });
  await removeLeftovers(directory);
  const unfinished = await mkdtemp(`${directory}.${process.pid}-`);
  try {
    await make(unfinished);
    await rename(unfinished, directory).catch((error: unknown) => {
      if (!existsSync(directory)) {
        throw error;
      }
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return directory;
}

/** Where `cached` keeps what has this name, whether it is there or not. */
export function cachePath(name: string): string {
  const cache = process.env.XDG_CACHE_HOME;
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'kite', name);
}

/** Removes what makers that were killed have left. */
async function removeLeftovers(directory: string): Promise<void> {
  const beside = dirname(directory);
  for (const entry of await readdir(beside)) {
    const maker = /\.(\d+)-\w+$/.exec(entry)?.[1];
    if (join(beside, entry).startsWith(`${directory}.`) && maker !== undefined && !isAlive(Number(maker))) {
      await rm(join(beside, entry), { recursive: true, force: true });
    }
  }
}
