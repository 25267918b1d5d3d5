import * as z from 'zod/mini';
import { limits, name, namespace, text, timestamp, uuid } from './fields.ts';
import { pageCursor, pageLimit } from './list.ts';

/** The filters of the audit: an entry is shown that fulfils all of them. */
export const auditQuery = z.object({
  actor: z.optional(text(limits.title * 2, 'Only what this actor did, as the entry has it.')),
  operation: z.optional(text(limits.source, 'Only this operation, such as `issues.resolve`.')),
  cluster: z.optional(name(limits.name, 'Only what was done in this cluster.')),
  namespace: z.optional(namespace),
  issueId: z.optional(uuid),
  since: z.optional(timestamp('Only what was done at or after this time.')),
  until: z.optional(timestamp('Only what was done before this time.')),
  limit: z.optional(pageLimit),
  cursor: z.optional(pageCursor),
});
export type AuditQuery = z.infer<typeof auditQuery>;

/** One act that changed something. */
const auditEntry = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  actor: z.nullable(z.string()),
  operation: z.string(),
  cluster: z.nullable(z.string()),
  namespace: z.nullable(z.string()),
  issueId: z.nullable(z.uuid()),
  requestId: z.nullable(z.string()),
  details: z.nullable(z.record(z.string(), z.unknown())),
});

export const auditPage = z.object({ data: z.array(auditEntry), nextCursor: z.nullable(z.string()) });
export type AuditPage = z.infer<typeof auditPage>;
