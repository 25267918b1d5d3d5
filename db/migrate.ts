import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';

/** Any constant does, as long as every version of Kite uses the same: it is the name of the lock. */
const LOCK = 7_135_530;

export interface MigrateResult {
  /** Names of the files that this call landed, in order. */
  readonly applied: readonly string[];
  /** How many of the files had landed before, or were landed meanwhile by another starter. */
  readonly already: number;
}

interface Migration {
  readonly name: string;
  readonly checksum: string;
  readonly text: string;
}

type Landed = ReadonlyMap<string, string>;

/**
 * Brings a database up to date with the files `NNNN_what-it-does.sql` of a directory, numbered from 0001 without gaps.
 *
 * Each file runs in one transaction with its row in `public.schema_migrations`: it lands as a whole or leaves nothing.
 * Any number of starters may run this at once, through a transaction-pooling proxy too: each file runs once.
 * A landed file is frozen (line endings aside).
 * @param sql a client of the database to change, whose role may create tables in schema public
 * @param accept told of the files of a newer program, where such a database is taken as it is; refused when absent
 * @throws Error naming the file: misnumbered, changed after it landed, unknown to this program, or failed (the Postgres error is its `cause`)
 */
export async function migrate(
  sql: postgres.Sql,
  directory: URL | string,
  accept?: (unknown: readonly string[]) => void,
): Promise<MigrateResult> {
  const migrations = await readMigrations(
    typeof directory === 'string' ? directory : fileURLToPath(directory),
  );
  const landed = await sql.begin(async (tx) => {
    await lock(tx);
    await createTable(tx);
    return readLanded(tx);
  });
  const isWhole = migrations.every(({ name }) => landed.has(name));
  judgeUnknown(landed, migrations, isWhole ? accept : undefined);
  const applied: string[] = [];
  for (const migration of migrations) {
    if (isLanded(landed, migration)) {
      continue;
    }
    if (await land(sql, migration)) {
      applied.push(migration.name);
    }
  }
  return { applied, already: migrations.length - applied.length };
}

/**
 * What `migrate` would land now; changes nothing.
 *
 * @returns names of files, in order
 * @throws Error naming the file: misnumbered, changed after it landed, or unknown to this program
 */
export async function pendingMigrations(
  sql: postgres.Sql,
  directory: URL | string,
): Promise<readonly string[]> {
  const migrations = await readMigrations(
    typeof directory === 'string' ? directory : fileURLToPath(directory),
  );
  const landed = await sql.begin('read only', async (tx) =>
    (await isTableThere(tx)) ? readLanded(tx) : new Map<string, string>(),
  );
  judgeUnknown(landed, migrations);
  return migrations.filter((migration) => !isLanded(landed, migration)).map(({ name }) => name);
}

async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  for (const [index, name] of names.entries()) {
    if (!/^\d{4}_[a-z0-9]+(-[a-z0-9]+)*\.sql$/.test(name)) {
      throw new Error(
        `Migration ${name} is misnamed: expected four digits and what it does, as in 0007_add-labels.sql.`,
      );
    }
    const expected = String(index + 1).padStart(4, '0');
    const number = name.slice(0, 4);
    if (number < expected) {
      throw new Error(
        `Migration ${name} repeats a number: ${number} is taken by ${names[index - 1] ?? 'none, since numbers start at 0001'}.`,
      );
    }
    if (number > expected) {
      throw new Error(`Migration ${expected} is missing: the next file is ${name}.`);
    }
  }
  return Promise.all(
    names.map(async (name) => {
      const text = (await readFile(join(directory, name), 'utf8')).replaceAll('\r\n', '\n');
      // In a file of many statements these end the transaction that its row belongs to. In a function body they are indented.
      const control = /^(begin|start\s+transaction|commit|rollback)\b[^;\n]*;/im.exec(text);
      if (control !== null) {
        throw new Error(
          `Migration ${name} says "${control[0]}": a file runs in one transaction and must not control it.`,
        );
      }
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/** A lock of the transaction, not of the session: RDS Proxy pins a client that takes session locks. */
async function lock(tx: postgres.TransactionSql): Promise<void> {
  await tx`select pg_advisory_xact_lock(${LOCK})`;
}

async function createTable(tx: postgres.TransactionSql): Promise<void> {
  if (!(await isTableThere(tx))) {
    await tx`
      create table public.schema_migrations (
        name text primary key,
        checksum text not null,
        applied_at timestamptz not null default now()
      )`;
  }
}

async function isTableThere(tx: postgres.TransactionSql): Promise<boolean> {
  const [table] = await tx<
    { exists: boolean }[]
  >`select to_regclass('public.schema_migrations') is not null as exists`;
  return table?.exists === true;
}

async function readLanded(tx: postgres.TransactionSql): Promise<Landed> {
  const rows = await tx<
    { name: string; checksum: string }[]
  >`select name, checksum from public.schema_migrations`;
  return new Map(rows.map(({ name, checksum }) => [name, checksum]));
}

/** Files that landed and that this program does not have: a newer one landed them, or one of them has another name now. */
function judgeUnknown(
  landed: Landed,
  migrations: readonly Migration[],
  accept?: (unknown: readonly string[]) => void,
): void {
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = [...landed.keys()].filter((name) => !known.has(name)).sort();
  for (const name of unknown) {
    const renamed = migrations.find((migration) => migration.name.slice(0, 4) === name.slice(0, 4));
    if (renamed !== undefined) {
      throw new Error(
        `Migration ${renamed.name} landed in this database as ${name}: a landed file keeps its name.`,
      );
    }
  }
  if (unknown.length > 0 && accept === undefined) {
    throw new Error(
      `This database is newer than this program, which does not know migration ${unknown.join(', ')}. Run the version of Kite that landed it, or a newer one.`,
    );
  }
  if (unknown.length > 0) {
    accept?.(unknown);
  }
}

function isLanded(landed: Landed, { name, checksum }: Migration): boolean {
  const before = landed.get(name);
  if (before !== undefined && before !== checksum) {
    throw new Error(
      `Migration ${name} was changed after it landed in this database. Restore the file, and put the change into a new one.`,
    );
  }
  return before !== undefined;
}

/** Runs one file and records it; false when another starter did meanwhile. */
async function land(sql: postgres.Sql, migration: Migration): Promise<boolean> {
  return sql.begin(async (tx) => {
    await lock(tx);
    if (isLanded(await readLanded(tx), migration)) {
      return false;
    }
    try {
      await tx.unsafe(migration.text);
    } catch (error) {
      throw describe(error, migration);
    }
    await tx`insert into public.schema_migrations (name, checksum) values (${migration.name}, ${migration.checksum})`;
    return true;
  });
}

function describe(error: unknown, { name, text }: Migration): Error {
  if (!(error instanceof postgres.PostgresError)) {
    return new Error(`Migration ${name} failed and left nothing behind.`, { cause: error });
  }
  const position = Number(error.position);
  // Postgres counts characters, not UTF-16 units.
  const line =
    position > 0 ? ` at line ${Array.from(text).slice(0, position).join('').split('\n').length}` : '';
  return new Error(`Migration ${name} failed${line} and left nothing behind: ${error.message}`, {
    cause: error,
  });
}
