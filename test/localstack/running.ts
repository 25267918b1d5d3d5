import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod/mini';
import { isAlive } from '../../db/embedded/lock.ts';
import { until } from '../cluster/until.ts';
import { cachePath } from '../lambda/cache.ts';

const FILE = cachePath('localstack-running.json');
/** Milliseconds that one may take to end. */
const END_LIMIT = 60_000;

const form = z.object({ pid: z.int(), url: z.string(), endpoint: z.string() });
/** The `npm run localstack` of this user: its process, the API's address and LocalStack's. */
export type RunningSystem = z.output<typeof form>;

export async function noteRunning(running: RunningSystem): Promise<void> {
  await mkdir(dirname(FILE), { recursive: true });
  await writeFile(FILE, JSON.stringify(running));
}

export async function forgetRunning(): Promise<void> {
  await rm(FILE, { force: true });
}

/** The one that is noted and alive. */
export async function findRunning(): Promise<RunningSystem | undefined> {
  const text = await readFile(FILE, 'utf8').catch(() => undefined);
  const running = text === undefined ? undefined : form.parse(JSON.parse(text));
  return running !== undefined && isAlive(running.pid) ? running : undefined;
}

/** Ends the one that runs, and waits for that; false where none does. */
export async function endRunning(): Promise<boolean> {
  const running = await findRunning();
  if (running === undefined) {
    return false;
  }
  process.kill(running.pid, 'SIGTERM');
  await until(`process ${running.pid} has ended`, () => !isAlive(running.pid), END_LIMIT);
  return true;
}
