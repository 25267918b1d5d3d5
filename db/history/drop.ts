import type postgres from 'postgres';
import { retrying } from '../failure.ts';
import { historyLock, takeTime, unlessBusy } from './ensure.ts';
import { dropBefore, quarterOf } from './quarters.ts';

/** Rows of identities that are no issues and that nothing can concern any more, purged in one go at most. */
const purgeLimit = 10_000;

/**
 * Drops the history that is older than the horizon, whole quarters of a year at a time, and purges the tombstones and
 * passes that nothing can concern any more, and the audit of that time. No issue changes. A quarter that is in use is left for next time.
 *
 * @param now milliseconds since 1970
 * @param days how long history is kept
 * @returns the partitions that were dropped
 */
export async function dropHistory(sql: postgres.Sql, now: number, days: number): Promise<readonly string[]> {
  const before = dropBefore(now, days);
  const partitions = await retrying(
    () => sql<{ name: string }[]>`
      select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'events'::regclass and c.relname ~ '^events_[0-9]{4}_q[1-4]$' order by 1`,
  );
  const dropped: string[] = [];
  for (const { name } of partitions) {
    const [year, quarter] = name.replace('events_', '').split('_q').map(Number);
    if (year === undefined || quarter === undefined) {
      continue;
    }
    const { until } = quarterOf(Date.UTC(year, quarter * 3 - 1));
    if (until <= before && (await unlessBusy(() => sql.begin((tx) => dropQuarter(tx, name, until))))) {
      dropped.push(name);
    }
  }
  await retrying(() => sql.begin((tx) => purge(tx, before)));
  return dropped;
}

async function dropQuarter(tx: postgres.TransactionSql, name: string, until: number): Promise<void> {
  await takeTime(tx);
  await tx`select pg_advisory_xact_lock(${historyLock})`;
  await tx`select set_config('lock_timeout', '1s', true)`;
  await tx`drop table if exists ${tx(name)}`;
  await tx`
    update history set dropped_before = greatest(dropped_before, ${new Date(until).toISOString()}::timestamptz)`;
}

/** An order key begins with its order time, so comparing keys compares times. */
async function purge(tx: postgres.TransactionSql, before: number): Promise<void> {
  await takeTime(tx);
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(BigInt(before));
  await tx`
    with purged as (
      delete from issues where key in (
        select i.key from issues i
        where i.id is null and coalesce(greatest(i.newest_key, i.floor_key), '\\x') < ${key}
          and i.updated_at < ${new Date(before).toISOString()}
          and not exists (select from issues m where m.ends_of = i.identity)
        order by i.key
        limit ${purgeLimit}
        for update skip locked
      )
      returning key
    )
    delete from events e using purged p where e.issue_key = p.key`;
  await tx`delete from events_other where filed_at < ${new Date(before).toISOString()}`;
  await tx`delete from audit where at < ${new Date(before).toISOString()}`;
}
