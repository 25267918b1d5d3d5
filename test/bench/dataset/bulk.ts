import type postgres from 'postgres';
import { filledTables } from './statements.ts';

/** A statement that takes something away while much is written, and the one that brings it back. */
interface Burden {
  readonly drop: string;
  readonly restore: string;
}

/**
 * Runs what writes much without indexes, foreign keys and triggers of the tables that are filled, and brings those
 * back. Indexes that a constraint stands on stay.
 */
export async function withoutBurdens(
  sql: postgres.Sql,
  tables: readonly string[],
  write: () => Promise<void>,
): Promise<void> {
  const indexes = await sql<Burden[]>`
    select format('drop index %s', i.indexrelid::regclass) as drop, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') as restore
    from pg_index i
    join pg_class c on c.oid = i.indrelid
    where c.relname in ${sql(tables)} and c.relnamespace = 'public'::regnamespace
      and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
    order by i.indexrelid`;
  const keys = await sql<Burden[]>`
    select format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname) as drop,
      format('alter table %s add constraint %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid)) as restore
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid
    where c.relname in ${sql(tables)} and c.relnamespace = 'public'::regnamespace and k.contype = 'f' and k.conparentid = 0`;
  for (const { drop } of [...keys, ...indexes]) {
    await sql.unsafe(drop);
  }
  for (const table of filledTables) {
    await sql`alter table ${sql(table)} disable trigger user`;
  }
  await write();
  for (const table of filledTables) {
    await sql`alter table ${sql(table)} enable trigger user`;
  }
  await inTwos(
    indexes.map(
      ({ restore }) =>
        () =>
          sql.unsafe(restore),
    ),
  );
  for (const { restore } of keys) {
    await sql.unsafe(restore);
  }
}

/** Two at a time, in their order. */
export async function inTwos(works: readonly (() => Promise<unknown>)[]): Promise<void> {
  const waiting = [...works];
  const worker = async (): Promise<void> => {
    for (let work = waiting.shift(); work !== undefined; work = waiting.shift()) {
      await work();
    }
  };
  await Promise.all([worker(), worker()]);
}
