import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../../db/client.ts';
import { takeWords } from '../words.ts';

/** Milliseconds between two looks for words that wait. */
const interval = 1_000;

/**
 * Takes changed words into the index of the search, once a second, and slower while there is much to take: of the
 * database's time it leaves three quarters to others. A failure is logged and tried again.
 *
 * @param told whether it was done, each time
 * @returns ends it, when what is under way is done
 */
export function keepWords(
  sql: Database['sql'],
  log: Logger,
  told: (isDone: boolean) => void,
): () => Promise<void> {
  const stop = new AbortController();
  const work = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await takeWords(sql, interval, stop.signal);
        told(true);
      } catch (error) {
        if (!stop.signal.aborted) {
          told(false);
          log.warn(
            { reason: String(error) },
            'words of issues could not be taken into the index of the search',
          );
        }
      }
      await pause(interval, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const working = work();
  return async () => {
    stop.abort();
    await working;
  };
}
