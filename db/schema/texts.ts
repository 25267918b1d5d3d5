import { bigint, pgTable, text } from 'drizzle-orm/pg-core';

/** The words of each issue as the search index knows them, in lower case. */
export const texts = pgTable('issue_texts', {
  issueKey: bigint('issue_key', { mode: 'bigint' }).primaryKey(),
  namespace: text('namespace').notNull(),
  words: text('words').notNull(),
});

/** The issues whose words have changed since. */
export const waitingTexts = pgTable('texts_waiting', {
  issueKey: bigint('issue_key', { mode: 'bigint' }).primaryKey(),
});
