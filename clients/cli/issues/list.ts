import type { Work } from '../command.ts';
import { issueColumns } from './columns.ts';
import { type FilterValues, queryOf } from './filters.ts';
import { findIssues } from './pages.ts';

const usualLimit = 50;
/** As many as KITE's own command line lists. */
const legacyLimit = 20;

/** Prints the issues that match, as they come. */
async function print(work: Work, values: FilterValues, usualStates: readonly string[], limit: number) {
  const { out, io, program } = work;
  const { query, isSeveral, where } = await queryOf(work, values, usualStates);
  const found = findIssues(await work.client(), query, values.limit ?? limit);
  const states = [query.state ?? []].flat();
  const columns = issueColumns(out.styles, io.surroundings.now(), {
    namespace: isSeveral,
    // A program finds the same columns whatever it asks for.
    state: states.length !== 1 || !io.isTerminal,
  });
  const count = await out.list(found.pages, columns);
  const { count: total, isLowerBound } = found.total();
  const [state] = states;
  const what = state === undefined ? 'issues' : `${state.toLowerCase()} issues`;
  if (count === 0) out.note(`No ${what} in ${where} match.`);
  else if (count < total) {
    out.note(`${count} of ${total}${isLowerBound ? ' or more' : ''} ${what}; --limit 0 lists all.`);
  } else if (io.isTerminal) out.note(`${count} ${count === 1 ? what.replace(/s$/, '') : what} in ${where}.`);
  if (count === 0 && usualStates.length > 0 && values.state === undefined) {
    out.note(`${program} issues --state all shows resolved ones too.`);
  }
}

export async function run(work: Work): Promise<void> {
  await print(work, work.options, ['ACTIVE'], usualLimit);
}

/** As KITE's own command line lists: twenty of any state. */
export async function runLegacy(work: Work): Promise<void> {
  await print(work, work.options, [], legacyLimit);
}

export async function runSearch(work: Work): Promise<void> {
  await print(work, { ...work.options, search: work.args.join(' ') }, [], legacyLimit);
}
