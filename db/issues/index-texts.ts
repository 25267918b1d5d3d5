import type postgres from 'postgres';
import { retrying } from '../failure.ts';

/** Issues in one go: enough to fill the index in its own order, few enough to be done in a quarter of a second. */
export const textsAtOnce = 500;

/**
 * Takes the words of issues that have changed into the index of the search. Searches find them before too, but
 * look at each that waits, so this is to be called every second or so. It takes about 0.3 ms an issue: to leave
 * the database to reports while they storm, pause three times as long as a call took before the next.
 *
 * @returns how many it took; fewer than 500 when no more can be done now
 */
export function indexTexts(sql: postgres.Sql): Promise<number> {
  return retrying(async () => {
    const [row] = await sql<{ taken: number }[]>`select index_texts(${textsAtOnce}) as taken`;
    return row?.taken ?? 0;
  });
}
