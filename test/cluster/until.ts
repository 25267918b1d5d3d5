import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks until there is an answer: anything but false and undefined.
 *
 * @param what the sentence that did not come true, for the error
 * @param limit milliseconds
 */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  limit = 30_000,
): Promise<Exclude<T, false | undefined>> {
  const end = Date.now() + limit;
  for (let wait = 5; ; wait = Math.min(wait * 2, 100)) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) {
      return answer as Exclude<T, false | undefined>;
    }
    if (Date.now() > end) {
      throw new Error(`not within ${limit} ms: ${what}`);
    }
    await pause(wait);
  }
}
