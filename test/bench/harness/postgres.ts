import { rmSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../../db/client.ts';
import { isAlive, readLock } from '../../../db/embedded/lock.ts';
import { startEmbedded } from '../../../db/embedded.ts';
import { migrate } from '../../../db/migrate.ts';
import type { BenchPostgres } from '../scenario.ts';
import type { Closers } from './closers.ts';

const prefix = 'kite-bench-';

/** A temporary folder whose name says which process made it; open to others, since Postgres may run as another user. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  await chmod(folder, 0o755);
  return folder;
}

/**
 * Starts a server with the settings of the product, migrated.
 *
 * @param options.durable whether each commit waits for the disk, as it does in the product
 */
export async function startPostgres(
  closers: Closers,
  options: { readonly dataDirectory: string | undefined; readonly durable: boolean },
): Promise<BenchPostgres> {
  const directory = options.dataDirectory ?? (await temporaryFolder());
  const discard = keep(closers, directory, options.dataDirectory === undefined);
  try {
    const server = await startEmbedded({ directory, durable: true });
    const { sql, close } = connect(server.url, { connections: 1, timeout: 10_000, statementTimeout: 0 });
    try {
      await migrate(sql, new URL('../../../db/migrations/', import.meta.url));
      await sql.unsafe(
        `alter database kite ${options.durable ? 'reset synchronous_commit' : 'set synchronous_commit = off'}`,
      );
    } finally {
      await close();
    }
    const pid = readLock(join(directory, 'data'))?.pid ?? 0;
    return { url: server.url, directory, pid, stop: discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

/**
 * Ends whatever server runs in a folder when all is closed.
 *
 * @param remove whether the folder is removed then
 * @returns does it now
 */
export function keep(closers: Closers, directory: string, remove: boolean): () => Promise<void> {
  return closers.add(
    () => stopLeftover(directory, remove),
    () => abandonServer(directory, remove),
  );
}

/** Ends the server of a folder, if one runs there, and removes the folder if it is temporary. */
async function stopLeftover(directory: string, remove: boolean): Promise<void> {
  if (readLock(join(directory, 'data')) !== undefined) {
    await (await startEmbedded({ directory })).stop();
  }
  if (remove) {
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** The same at once: an immediate shutdown, which waits for nobody. */
function abandonServer(directory: string, remove: boolean): void {
  const pid = readLock(join(directory, 'data'))?.pid ?? 0;
  if (pid > 0 && isAlive(pid)) {
    process.kill(pid, 'SIGQUIT');
  }
  if (remove) {
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

/** Ends the servers and removes the folders of benches that were killed. */
export async function removeLeftovers(): Promise<void> {
  for (const entry of await readdir(tmpdir())) {
    const owner = new RegExp(`^${prefix}(\\d+)-`).exec(entry)?.[1];
    if (owner !== undefined && Number(owner) !== process.pid && !isAlive(Number(owner))) {
      await stopLeftover(join(tmpdir(), entry), true);
    }
  }
}
