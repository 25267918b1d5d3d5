import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, link, mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Account } from './account.ts';
import { explain, hasCode } from './failure.ts';
import { isAlive } from './lock.ts';

/** Where one embedded database lives on disk. Every path is absolute and free of symbolic links. */
export interface Place {
  readonly directory: string;
  /** The Postgres data directory: absent, or a completed cluster. */
  readonly data: string;
  /** Mode 0600; the password of the server's only role. */
  readonly passwordFile: string;
  /** What the server writes to stderr, appended across starts. */
  readonly logFile: string;
}

const workDirectories = new Set<string>();

/**
 * Creates the directory when absent and names what is in it.
 * Only directories made here are opened to other users (0755), and only for root, whose server runs as another user.
 * @throws Error with a sentence for the operator when the directory cannot be made or written.
 */
export async function preparePlace(directory: string, asRoot: boolean): Promise<Place> {
  const wanted = resolve(directory);
  try {
    const firstMade = await makeDirectories(wanted);
    if (asRoot && firstMade !== undefined) {
      for (let made = wanted; made.length >= firstMade.length; made = dirname(made)) {
        await chmod(made, 0o755);
      }
    }
    const real = await realpath(wanted);
    return {
      directory: real,
      data: join(real, 'data'),
      passwordFile: join(real, 'password'),
      logFile: join(real, 'server.log'),
    };
  } catch (error) {
    throw explain(error, wanted);
  }
}

/**
 * Makes a directory and those above it that are absent, one by one: Node's own recursive way never ends where a
 * file system says of a directory that is there that it is not, as /proc does.
 * @returns the first one made
 */
async function makeDirectories(wanted: string): Promise<string | undefined> {
  const absent: string[] = [];
  for (let path = wanted; !existsSync(path); path = dirname(path)) {
    absent.unshift(path);
  }
  for (const path of absent) {
    await mkdir(path).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) {
        throw error;
      }
    });
  }
  return absent[0];
}

/**
 * Runs `work` in a new private directory inside the place, which the server's account owns, and removes it after.
 * What a killed process leaves behind is removed by `sweepPlace`.
 */
export async function withWorkDirectory<T>(
  place: Place,
  account: Account,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = join(place.directory, `init-${process.pid}-${randomBytes(4).toString('hex')}`);
  workDirectories.add(directory);
  try {
    await mkdir(directory, { mode: 0o700 });
    if (account.uid !== undefined && account.gid !== undefined) {
      await chown(directory, account.uid, account.gid);
    }
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    workDirectories.delete(directory);
  }
}

/** Removes work directories whose process is gone. An `initdb` that outlived its parent loses its output: it was never published. */
export async function sweepPlace(place: Place): Promise<void> {
  for (const entry of await readdir(place.directory)) {
    const owner = /^init-(\d+)-[0-9a-f]+$/.exec(entry)?.[1];
    const path = join(place.directory, entry);
    if (owner === undefined || workDirectories.has(path)) {
      continue;
    }
    if (Number(owner) === process.pid || !isAlive(Number(owner))) {
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/**
 * The password of this place: the stored one, else a new random one.
 * The file appears complete and once, so that any number of starters read the same password.
 */
export async function ensurePassword(place: Place): Promise<string> {
  const stored = await readPassword(place);
  if (stored !== undefined && stored !== '') {
    return stored;
  }
  await withWorkDirectory(place, {}, async (directory) => {
    const draft = join(directory, 'password');
    await writeFile(draft, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flush: true });
    if (stored === '') {
      await rm(place.passwordFile, { force: true });
    }
    await link(draft, place.passwordFile).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) {
        throw error;
      }
    });
  });
  const password = await readPassword(place);
  if (password === undefined || password === '') {
    throw new Error(
      `The password file ${place.passwordFile} disappeared while Kite was starting. Start Kite again.`,
    );
  }
  return password;
}

async function readPassword(place: Place): Promise<string | undefined> {
  try {
    return (await readFile(place.passwordFile, 'utf8')).trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return undefined;
    }
    throw error;
  }
}
