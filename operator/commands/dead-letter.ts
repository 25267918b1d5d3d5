import { reachDeadLetters } from '../runtime/journal/control.ts';
import type { DeadLetter, DeadLetters, Selection } from '../runtime/journal.ts';
import type { DeadLetterCommand } from './arguments.ts';
import { openConfig, openJournalOf, openLog, type Setting, silent } from './setting.ts';
import { table } from './table.ts';

/** Characters of an id that a table shows. */
const shownId = 12;
/** Problems of one letter that the list shows. */
const mostDetails = 5;

/**
 * Shows what Kite refused for good, and decides about it.
 *
 * @returns the exit code: 1 when an id is not known
 * @throws Error when there is no journal, or it cannot be reached
 */
export async function deadLetter(command: DeadLetterCommand, setting: Setting): Promise<number> {
  const { print } = setting;
  const { config } = await openConfig({ config: command.config }, setting.env);
  const log = openLog(config, 2, 'warn');
  const letters = await reachDeadLetters(config.journal.directory, () => openJournalOf(config, silent, log));
  try {
    switch (command.verb) {
      case 'list': {
        const found = await letters.deadLetters();
        print(command.isJson ? `${JSON.stringify(found, null, 2)}\n` : list(found));
        return 0;
      }
      case 'show':
        return await show(letters, command.which, setting);
      case 'retry':
      case 'drop':
        return await decide(letters, command, setting);
    }
  } finally {
    await letters.close();
    log.flush();
  }
}

function list(letters: readonly DeadLetter[]): string {
  if (letters.length === 0) {
    return 'Kite has refused nothing.\n';
  }
  const rows = letters.map(({ id, controller, outcome, subject, refusedAt }) => [
    id.slice(0, shownId),
    new Date(refusedAt).toISOString(),
    controller,
    outcome,
    subject,
  ]);
  const reasons = letters.flatMap(({ id, refusal: { status, code, message, details } }) => [
    `${id.slice(0, shownId)}  ${status} ${code}: ${message}`,
    ...details.slice(0, mostDetails).map((detail) => `  ${detail.path} ${detail.message}`),
    ...(details.length > mostDetails ? [`  … and ${details.length - mostDetails} more`] : []),
  ]);
  const heading = ['id', 'refused', 'controller', 'outcome', 'subject'];
  return `${table([heading, ...rows])}\nWhy:\n${reasons.join('\n')}\n`;
}

async function show(letters: DeadLetters, which: Selection, { print }: Setting): Promise<number> {
  const [start = ''] = which;
  const found = (await letters.deadLetters()).filter(({ id }) => id.startsWith(start));
  const [letter] = found;
  if (letter === undefined || found.length > 1) {
    const many = `${found.length} dead letters have an id that begins with ${start}; give more of it.`;
    throw new Error(letter === undefined ? `There is no dead letter ${start}.` : many);
  }
  print(`${JSON.stringify({ ...letter, report: await letters.deadReport(letter.id) }, null, 2)}\n`);
  return 0;
}

async function decide(
  letters: DeadLetters,
  { verb, which, isJson }: DeadLetterCommand,
  { print }: Setting,
): Promise<number> {
  const count = await (verb === 'retry' ? letters.retry(which) : letters.drop(which));
  const done = verb === 'retry' ? 'will be sent again' : 'forgotten';
  print(
    isJson ? `${JSON.stringify({ count })}\n` : `${count} ${count === 1 ? 'report' : 'reports'} ${done}.\n`,
  );
  return which === 'all' || count >= new Set(which).size ? 0 : 1;
}
