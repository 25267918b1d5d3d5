import { createHash } from 'node:crypto';
import type { CiJob } from './ci.ts';

/** The run that is spoken of, and which try of it. */
export interface RunTry {
  readonly run: string | null;
  readonly attempt: string | null;
}

/** Characters that an event id may have. */
const mostCharacters = 250;

/** What is said by options wins over what the CI says. */
export function runTryOf(
  { run, attempt }: { readonly run?: string; readonly attempt?: string },
  ci: CiJob | null,
): RunTry {
  return { run: run ?? ci?.run ?? null, attempt: attempt ?? ci?.attempt ?? null };
}

/**
 * The event id of what is said of a whole run. Said again of the same try it is the same id, and counts once. The
 * outcome is a part of it, since a run that is tried again can fail and then pass.
 *
 * @param newId an id that nobody else has: for what is said of no run
 */
export function eventIdOf({ run, attempt }: RunTry, outcome: string, newId: () => string): string {
  if (run === null) return newId();
  const id = [run, ...(attempt === null ? [] : [attempt]), outcome].join('/');
  return id.length <= mostCharacters ? id : digestOf([id]);
}

/**
 * Makes the event ids of the reports of a file that have none of their own. The same file in the same try of a run, or with the same
 * times of observation, gets the same ids, so that a step that runs again counts nothing twice. A report that has
 * neither run nor time may be true again tomorrow: it gets a new id each time.
 */
export function eventIdsOf(
  { run, attempt }: RunTry,
  newId: () => string,
): (report: Readonly<Record<string, unknown>>) => string {
  const seen = new Map<string, number>();
  return (report) => {
    if (run === null && typeof report.observedAt !== 'string') return newId();
    const content = canonical(report);
    const nth = seen.get(content) ?? 0;
    seen.set(content, nth + 1);
    return digestOf([run, attempt, content, nth]);
  };
}

function digestOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** JSON in which the order of names says nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
