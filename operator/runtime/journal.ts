import { Keeper } from './journal/keeper.ts';
import type { Journal, JournalOptions } from './journal/types.ts';

export type {
  DeadLetter,
  DeadLetters,
  Journal,
  JournalOptions,
  JournalStats,
  Pending,
  Refusal,
  Selection,
} from './journal/types.ts';

/**
 * Opens the journal in a directory. A disk that is full, read-only or broken is no reason to fail: the journal then works
 * from memory and says so.
 *
 * @throws Error when another process has it open, or a newer version of the operator wrote it
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const keeper = new Keeper(options);
  await keeper.open();
  return keeper;
}
