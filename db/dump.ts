import type postgres from 'postgres';
import { readFunctions, readSequences, readTypes, readViews } from './dump/objects.ts';
import { readTables } from './dump/tables.ts';

const HEADER = `-- The schema as the migrations leave it. Written by db/dump-main.ts: change it by a migration, not by hand.
-- Partitions are left out, since which ones exist depends on the date.`;

/**
 * Schema `public` as SQL to read: extensions, types, sequences, tables with their constraints, indexes, triggers and
 * policies, views, functions, and all comments.
 *
 * Two databases with the same schema give the same text, whatever the client's search_path, the order in which objects
 * were created and the names of their partitions. Left out: partitions, `schema_migrations`, what extensions own,
 * owners and grants. The order is for reading: the text is not meant to be run.
 */
export async function dumpSchema(sql: postgres.Sql): Promise<string> {
  return sql.begin('isolation level repeatable read read only', async (tx) => {
    // Names in public come out unqualified and all others qualified.
    await tx`set local search_path = public`;
    const sections = [
      await readExtensions(tx),
      await readTypes(tx),
      await readSequences(tx),
      await readTables(tx),
      await readViews(tx),
      await readFunctions(tx),
    ];
    return `${[HEADER, ...sections.flat()].join('\n\n')}\n`;
  });
}

async function readExtensions(tx: postgres.TransactionSql): Promise<string[]> {
  const rows = await tx<{ definition: string }[]>`
    select format('create extension %I;', extname) as definition
    from pg_extension where extname <> 'plpgsql'
    order by extname collate "C"`;
  return rows.map(({ definition }) => definition);
}
