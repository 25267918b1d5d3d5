import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fillDatabase } from '../dataset.ts';
import type { BenchPostgres, Context } from '../scenario.ts';

const root = join(import.meta.dirname, '../../..');
const cache = join(root, 'node_modules/.cache/kite-bench');
/** What decides what is in a filled database, beside its size and the month. */
const sources = ['db/migrations', 'test/bench/dataset', 'test/bench/dataset.ts'];
/** Of an issue, on average. */
const events = 10;
/** Says that a folder was filled to its end. */
const marker = 'filled';

/**
 * A server with so many issues. The folder is kept for the next time, since filling it takes minutes: 13 GB for
 * a million issues. It is made anew when a migration or the dataset has changed, and each month, so that its history is
 * not too old; then the one before is removed.
 */
export async function startFilled(context: Context, size: number): Promise<BenchPostgres> {
  const today = new Date();
  const now = Date.UTC(today.getUTCFullYear(), today.getUTCMonth());
  const name = `${size}-${(await digest(String(now))).slice(0, 12)}`;
  const directory = join(cache, name);
  await mkdir(cache, { recursive: true });
  for (const entry of await readdir(cache)) {
    const isStale = entry !== name || !existsSync(join(directory, marker));
    if (entry.startsWith(`${size}-`) && isStale) {
      await rm(join(cache, entry), { recursive: true, force: true });
    }
  }
  const postgres = await context.startPostgres({ dataDirectory: directory });
  if (!existsSync(join(directory, marker))) {
    context.log(`Filling ${directory} with ${size.toLocaleString('en-US')} issues.`);
    await fillDatabase(postgres.url, { size, now, events, log: context.log });
    await writeFile(join(directory, marker), '');
  }
  return postgres;
}

async function digest(salt: string): Promise<string> {
  const hash = createHash('sha256').update(salt);
  for (const source of sources) {
    const files = source.endsWith('.ts')
      ? [source]
      : (await readdir(join(root, source))).sort().map((file) => join(source, file));
    for (const file of files) {
      hash.update(file).update(await readFile(join(root, file)));
    }
  }
  return hash.digest('hex');
}
