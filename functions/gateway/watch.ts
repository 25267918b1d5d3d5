import type { Database } from '../../db/client.ts';
import { failureCode } from '../../db/failure.ts';
import { checkDatabase, type DatabaseHealth } from '../../db/health/check.ts';
import type { Log } from '../http/log.ts';

/** For how long an answer of the database counts, in milliseconds: whoever asks often does not cost it more. */
const believed = 1_000;
/** Milliseconds until a database that says nothing does not answer. */
const patience = 2_000;

/** Looks whether the database answers. */
export interface Watch {
  /** Null when it does not, within two seconds. Asked once for all who ask within a second. */
  look(): Promise<DatabaseHealth | null>;
  close(): Promise<void>;
}

/**
 * Looks over a connection of its own: one of those that serve requests may be waited for under load, which is no reason
 * to serve none. It is made anew when it has failed, since it may lead to a machine that is gone.
 *
 * @param open makes a connection, given how long it may take, in milliseconds
 * @param clock milliseconds
 */
export function watchDatabase(open: (patience: number) => Database, clock: () => number, log: Log): Watch {
  let database = open(patience);
  let isThere = true;
  let last: { readonly answered: number; readonly health: DatabaseHealth | null } | undefined;
  let asking: Promise<DatabaseHealth | null> | undefined;
  const closing = new Set<Promise<void>>();
  const discard = (old: Database): void => {
    const closed = old.close().finally(() => closing.delete(closed));
    closing.add(closed);
  };
  const tell = (now: boolean, fields: object): void => {
    if (now !== isThere) {
      isThere = now;
      log.warn(fields, now ? 'the database answers again' : 'the database does not answer');
    }
  };
  const ask = async (): Promise<DatabaseHealth | null> => {
    try {
      const health = await checkDatabase(database, patience);
      tell(true, {});
      return health;
    } catch (error) {
      tell(false, {
        reason: failureCode(error instanceof Error ? error.cause : error) ?? 'no answer in time',
      });
      discard(database);
      database = open(patience);
      return null;
    }
  };
  return {
    async look() {
      if (last !== undefined && clock() - last.answered < believed) {
        return last.health;
      }
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      const health = await asking;
      last = { answered: clock(), health };
      return health;
    },
    async close() {
      discard(database);
      await Promise.all(closing);
    },
  };
}
