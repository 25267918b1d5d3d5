import { bigint, pgTable, uuid } from 'drizzle-orm/pg-core';
import { moment } from './issues.ts';

/** Two issues that belong together, seen from either. */
export const relations = pgTable('relations', {
  id: uuid('id').primaryKey(),
  sourceKey: bigint('source_key', { mode: 'bigint' }).notNull(),
  targetKey: bigint('target_key', { mode: 'bigint' }).notNull(),
  createdAt: moment('created_at').notNull(),
});
