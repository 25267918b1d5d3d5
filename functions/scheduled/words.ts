import { takeWords } from '../words.ts';
import { periodic } from './periodic.ts';

/** Milliseconds: what is left then is the next minute's. */
const longest = 50_000;

/** Takes the words of issues that have changed into the index of the search. */
export const handler = periodic('words', async ({ sql }) => ({
  taken: await takeWords(sql, 0, AbortSignal.timeout(longest)),
}));
