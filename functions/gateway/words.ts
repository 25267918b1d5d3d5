import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../../db/client.ts';
import { indexTexts } from '../../db/issues/index-texts.ts';

/** Milliseconds between two looks for words that wait. */
const interval = 1_000;

/**
 * Takes changed words into the index of the search, once a second, and slower while there is much to take: of the
 * database's time it leaves three quarters to others. A failure is logged and tried again.
 *
 * @returns ends it, when what is under way is done
 */
export function keepWords(sql: Database['sql'], log: Logger): () => Promise<void> {
  const stop = new AbortController();
  const work = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const begun = performance.now();
      try {
        await indexTexts(sql);
      } catch (error) {
        if (!stop.signal.aborted) {
          log.warn(
            { reason: String(error) },
            'words of issues could not be taken into the index of the search',
          );
        }
      }
      const took = performance.now() - begun;
      await pause(Math.max(interval, took * 3), undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const working = work();
  return async () => {
    stop.abort();
    await working;
  };
}
