import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { chown, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account, Binaries } from './account.ts';
import { hasCode, sentenceFor, withTail } from './failure.ts';
import { type Place, withWorkDirectory } from './place.ts';

/** The only role of the server, a superuser. */
export const ROLE = 'kite';

/** Everything a Postgres program needs to know to work on one place. */
export interface Cluster {
  readonly place: Place;
  readonly account: Account;
  readonly binaries: Binaries;
  readonly password: string;
  readonly durable: boolean;
  readonly log: (line: string) => void;
}

/** The environment of Postgres programs: nothing of the caller's PG*, LC_* or TZ variables reaches them. */
export function programEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

/**
 * Makes sure that the data directory holds a completed cluster.
 * A new one is made beside it and renamed into place, so that `data` is never half made; of two starters one wins and both use it.
 * An unfinished directory that stands in the way is set aside under another name, never deleted.
 * @throws Error with a sentence when `initdb` fails or the directory looks like a damaged cluster.
 */
export async function ensureCluster(cluster: Cluster): Promise<void> {
  const { place, account, binaries, durable, log } = cluster;
  if (isComplete(place.data)) {
    return;
  }
  log(`Creating a database in ${place.data}.`);
  await withWorkDirectory(place, account, async (directory) => {
    const passwordFile = join(directory, 'password');
    const made = join(directory, 'data');
    await writeFile(passwordFile, cluster.password, { mode: 0o600 });
    if (account.uid !== undefined && account.gid !== undefined) {
      await chown(passwordFile, account.uid, account.gid);
    }
    const flags = [
      `--pgdata=${made}`,
      `--username=${ROLE}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
    ];
    flags.push(
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--locale=C.UTF-8',
      ...(durable ? [] : ['--no-sync']),
    );
    const { succeeded, output } = await runProgram(binaries.initdb, flags, account, '');
    if (!succeeded) {
      const sentence =
        sentenceFor(output, place.directory) ?? `The database in ${place.directory} could not be created.`;
      throw withTail(sentence, output, cluster.password);
    }
    setUnfinishedAside(place, log);
    await rename(made, place.data).catch((error: unknown) => {
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) {
        throw error;
      }
    });
    if (durable) {
      await syncDirectory(place.directory);
    }
  });
  if (!isComplete(place.data)) {
    throw new Error(`Something else writes to ${place.data}. Choose another directory for Kite.`);
  }
}

/**
 * Gives the role the password of the place, without a running server.
 * Whether it worked shows at the next connection: a single-user backend reports nothing.
 */
export async function resetPassword({ place, account, binaries, password }: Cluster): Promise<void> {
  const statement = `ALTER ROLE ${ROLE} PASSWORD '${password.replaceAll("'", "''")}'\n`;
  await runProgram(binaries.postgres, ['--single', '-D', place.data, 'postgres'], account, statement);
}

/**
 * `initdb` writes PG_VERSION before and global/pg_control while it fills the directory.
 * @throws Error when pg_control is there without PG_VERSION: a cluster that lost a file, which nothing here may replace.
 */
function isComplete(data: string): boolean {
  const versioned = existsSync(join(data, 'PG_VERSION'));
  const controlled = existsSync(join(data, 'global', 'pg_control'));
  if (controlled && !versioned) {
    throw new Error(
      `The database in ${data} is damaged: its file PG_VERSION is missing. Restore it from a backup, or choose another directory.`,
    );
  }
  return versioned && controlled;
}

/** Synchronous, so that nothing else of this process happens between the look and the rename. */
function setUnfinishedAside(place: Place, log: (line: string) => void): void {
  if (!existsSync(place.data) || readdirSync(place.data).length === 0 || isComplete(place.data)) {
    return;
  }
  const aside = `${place.data}.unfinished-${randomBytes(4).toString('hex')}`;
  renameSync(place.data, aside);
  if (isComplete(aside)) {
    renameSync(aside, place.data);
    return;
  }
  log(`Set the unfinished database ${place.data} aside as ${aside}.`);
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function runProgram(
  program: string,
  flags: readonly string[],
  account: Account,
  input: string,
): Promise<{ succeeded: boolean; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, flags, {
      ...account,
      cwd: '/',
      env: programEnvironment(),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-16_384);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (code) => resolve({ succeeded: code === 0, output }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
