import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { dumpSchema } from './dump.ts';
import { startEmbedded } from './embedded.ts';
import { migrate } from './migrate.ts';

const MIGRATIONS = new URL('./migrations/', import.meta.url);
const FILE = fileURLToPath(new URL('./schema.sql', import.meta.url));

/** The schema that the migrations make in an empty database. */
async function dumpMigrations(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kite-dump-'));
  try {
    await chmod(directory, 0o755);
    const server = await startEmbedded({ directory, durable: false });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        void server
          .stop()
          .then(() => rm(directory, { recursive: true, force: true }))
          .finally(() => process.exit(130));
      });
    }
    try {
      const sql = postgres(server.url, { max: 1, onnotice: () => undefined });
      try {
        await migrate(sql, MIGRATIONS);
        return await dumpSchema(sql);
      } finally {
        await sql.end({ timeout: 1 });
      }
    } finally {
      await server.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Where two texts begin to differ, or undefined when they are the same. */
function firstDifference(kept: string, made: string): string | undefined {
  if (kept === made) {
    return undefined;
  }
  const before = kept.split('\n');
  const after = made.split('\n');
  const index = after.findIndex((line, at) => line !== before[at]);
  const at = index === -1 ? after.length : index;
  const show = (lines: readonly string[]): string => lines[at] ?? '(end of file)';
  return `db/schema.sql differs from what the migrations make, first at line ${at + 1}:\n- ${show(before)}\n+ ${show(after)}\nRun \`npx tsx db/dump-main.ts\` and commit the result.`;
}

async function main(options: readonly string[]): Promise<void> {
  const unknown = options.find((option) => option !== '--check');
  if (unknown !== undefined) {
    throw new Error(`Unknown option ${unknown}. Usage: tsx db/dump-main.ts [--check]`);
  }
  const made = await dumpMigrations();
  if (options.length === 0) {
    await writeFile(FILE, made);
    return;
  }
  const kept = await readFile(FILE, 'utf8').catch(() => '');
  const difference = firstDifference(kept, made);
  if (difference !== undefined) {
    throw new Error(difference);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
