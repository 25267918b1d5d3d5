import { UsageError } from '../failure.ts';

/** What is reported; `nothing` where the word says neither, such as a run that somebody stopped. */
export type Outcome = 'failing' | 'passing' | 'nothing';

const words: Readonly<Record<Outcome, readonly string[]>> = {
  failing: ['fail', 'failed', 'failing', 'failure'],
  passing: ['pass', 'passed', 'passing', 'success', 'succeeded', 'completed'],
  nothing: ['cancelled', 'canceled', 'skipped', 'none'],
};

/** Reads `fail` and `pass`, and the words that GitLab, GitHub and Tekton have for how a job ended. */
export function readOutcome(text: string): Outcome {
  const word = text.trim().toLowerCase();
  for (const outcome of ['failing', 'passing', 'nothing'] as const) {
    if (words[outcome].includes(word)) return outcome;
  }
  throw new UsageError(
    `${JSON.stringify(text)} is no outcome: say fail or pass. What a CI calls it is taken too (${words.failing.slice(1).join(', ')}, ${words.passing.slice(1).join(', ')}); ${words.nothing.join(', ')} report nothing`,
  );
}
