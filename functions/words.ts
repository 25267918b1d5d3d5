import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../db/client.ts';
import { indexTexts, textsAtOnce } from '../db/issues/index-texts.ts';

/**
 * Takes changed words into the index of the search until none wait, or it is stopped. Of the database's time it leaves
 * three quarters to others.
 *
 * @param least milliseconds between two goes at least
 * @returns of how many issues
 */
export async function takeWords(sql: Database['sql'], least: number, stop: AbortSignal): Promise<number> {
  for (let sum = 0; ; ) {
    const begun = performance.now();
    const taken = await indexTexts(sql);
    sum += taken;
    if (taken < textsAtOnce || stop.aborted) {
      return sum;
    }
    const rest = Math.max(least, (performance.now() - begun) * 3);
    await pause(rest, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) {
      return sum;
    }
  }
}
