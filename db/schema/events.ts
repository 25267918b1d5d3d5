import { bigint, boolean, jsonb, pgTable, smallint, text, uuid } from 'drizzle-orm/pg-core';
import { bytes, moment } from './issues.ts';

/** The history, partitioned by the quarter that `filedAt` lies in. */
export const events = pgTable('events', {
  issueKey: bigint('issue_key', { mode: 'bigint' }).notNull(),
  filedAt: moment('filed_at').notNull(),
  orderKey: bytes('order_key').notNull(),
  kind: text('kind', { enum: ['report', 'end', 'action', 'edit'] }).notNull(),
  outcome: text('outcome', { enum: ['failing', 'passing'] }),
  source: text('source').notNull(),
  eventId: text('event_id').notNull(),
  distinctKey: uuid('distinct_key'),
  anonymous: boolean('anonymous').notNull(),
  observedAt: moment('observed_at').notNull(),
  subjectCreatedAt: moment('subject_created_at'),
  receivedAt: moment('received_at').notNull(),
  prior: smallint('prior'),
  effect: text('effect', {
    enum: ['opened', 'updated', 'reopened', 'resolved', 'recorded', 'edited'],
  }).notNull(),
  runName: text('run_name'),
  runUid: text('run_uid'),
  actor: text('actor'),
  content: jsonb('content').$type<Record<string, unknown>>(),
});
