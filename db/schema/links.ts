import { bigint, pgTable, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { bytes } from './issues.ts';

/** One row a URL of an issue: named by reports, by a person, or by both. */
export const links = pgTable('links', {
  id: uuid('id').notNull(),
  issueKey: bigint('issue_key', { mode: 'bigint' }).notNull(),
  url: text('url').notNull(),
  reportedTitle: text('reported_title'),
  reportedKey: bytes('reported_key'),
  reportedPosition: smallint('reported_position'),
  personTitle: text('person_title'),
  personPosition: smallint('person_position'),
});
