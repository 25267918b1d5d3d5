import type postgres from 'postgres';
import { KiteError } from '../../core/errors.ts';
import { failureCode, retrying } from '../failure.ts';
import { type Quarter, quartersToKeep } from './quarters.ts';

/** Held while partitions are made or dropped, so that two of us do not do it at once. */
export const historyLock = 0x6b697465;

/**
 * Makes the partitions that reports will be filed in, from the horizon to 45 days ahead. What was
 * filed in `events_other` for want of one is moved. Safe to call at any time, by many at once; a quarter that
 * cannot be made now, since somebody reads the table, is left for next time.
 *
 * @param now milliseconds since 1970
 * @param days how long history is kept
 */
export async function ensureHistory(sql: postgres.Sql, now: number, days: number): Promise<void> {
  for (const quarter of quartersToKeep(now, days)) {
    await unlessBusy(() => sql.begin((tx) => ensureQuarter(tx, quarter)));
  }
}

/**
 * Does what needs a table for itself, unless somebody uses it: then it is left for next time.
 *
 * @returns whether it was done
 */
export async function unlessBusy(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await retrying(run);
    return true;
  } catch (error) {
    if (failureCode(error instanceof KiteError ? error.cause : error) === '55P03') {
      return false;
    }
    throw error;
  }
}

/**
 * For this transaction, the time-outs are those of upkeep: nobody waits for its answer, and what callers may wait
 * for can be too short to make or drop a table on a busy disk.
 */
export async function takeTime(tx: postgres.TransactionSql): Promise<void> {
  await tx`
    select set_config('statement_timeout', '60s', true),
      set_config('idle_in_transaction_session_timeout', '60s', true)`;
}

async function ensureQuarter(tx: postgres.TransactionSql, quarter: Quarter): Promise<void> {
  if (await isThere(tx, quarter)) {
    return;
  }
  await takeTime(tx);
  await tx`select pg_advisory_xact_lock(${historyLock})`;
  if (await isThere(tx, quarter)) {
    return;
  }
  const from = new Date(quarter.from).toISOString();
  const until = new Date(quarter.until).toISOString();
  await tx`select set_config('lock_timeout', '3s', true)`;
  await tx`create table ${tx(quarter.partition)} (like events including defaults including constraints)`;
  await tx`lock table events_other in access exclusive mode`;
  await tx`
    with moved as (delete from events_other where filed_at >= ${from} and filed_at < ${until} returning *)
    insert into ${tx(quarter.partition)} select * from moved`;
  await tx.unsafe(
    `alter table events attach partition ${quarter.partition} for values from ('${from}') to ('${until}')`,
  );
}

async function isThere(tx: postgres.TransactionSql, quarter: Quarter): Promise<boolean> {
  const [row] = await tx<{ there: boolean }[]>`
    select exists (
      select from pg_class c
      where c.relname = ${quarter.partition}
        and c.relnamespace = (select relnamespace from pg_class where oid = 'events'::regclass)
    ) as there`;
  return row?.there === true;
}
