import { bigint, pgTable, text } from 'drizzle-orm/pg-core';

/** What was added to and taken from the number of issues of a kind: a number of issues is the sum of `amount`. */
export const counts = pgTable('issue_counts', {
  namespace: text('namespace').notNull(),
  cluster: text('cluster').notNull(),
  issueType: text('issue_type').notNull(),
  severity: text('severity').notNull(),
  state: text('state').notNull(),
  /** `unknown` where no label says it. */
  lifecycle: text('lifecycle').notNull(),
  amount: bigint('amount', { mode: 'number' }).notNull(),
});
