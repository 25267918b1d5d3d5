import * as z from 'zod/mini';
import {
  issueType,
  labels,
  limits,
  linkList,
  longText,
  maybe,
  name,
  namespace,
  reportExtras,
  resourceName,
  resourceType,
  scopeInput,
  severity,
  state,
  text,
  timestamp,
  url,
  uuid,
} from './fields.ts';

const time = () => z.iso.datetime();

export const scope = z.object({
  id: z.uuid(),
  resourceType: z.string(),
  resourceName: z.string(),
  resourceNamespace: z.string(),
});

export const issueLink = z.object({ id: z.uuid(), title: z.string(), url: z.string(), issueId: z.uuid() });

/** An issue as a relation shows it: without links and relations of its own. */
export const relatedIssue = z.object({
  id: z.uuid(),
  title: z.string(),
  description: z.string(),
  severity,
  issueType,
  state,
  detectedAt: time(),
  resolvedAt: z.nullable(time()),
  cluster: z.string(),
  namespace: z.string(),
  scopeId: z.uuid(),
  scope,
  createdAt: time(),
  updatedAt: time(),
});

/** A relation; `target` is present where it is seen from its source, `source` where seen from its target. */
export const relation = z.object({
  id: z.uuid(),
  sourceId: z.uuid(),
  targetId: z.uuid(),
  source: z.optional(relatedIssue),
  target: z.optional(relatedIssue),
});

export const issue = z.extend(relatedIssue, {
  labels: z.record(z.string(), z.string()),
  application: z.nullable(z.string()),
  component: z.nullable(z.string()),
  lifecycle: z.nullable(z.string()),
  origin: z.nullable(z.string()),
  dueAt: z.nullable(time()),
  firstSeenAt: time(),
  lastSeenAt: time(),
  occurrences: z.int(),
  episodeOccurrences: z.int(),
  reopened: z.int(),
  links: z.array(issueLink),
  relatedFrom: z.array(relation),
  relatedTo: z.array(relation),
});
export type Issue = z.infer<typeof issue>;
export type Relation = z.infer<typeof relation>;
export type RelatedIssue = z.infer<typeof relatedIssue>;

export const issueParams = z.object({ id: uuid });
export const relatedParams = z.object({ id: uuid, relatedId: uuid });

export const createBody = z.object({
  title: name(limits.title, 'The issue in one line.'),
  description: longText,
  severity,
  issueType,
  namespace,
  scope: scopeInput,
  state: maybe(state),
  links: z.optional(z.nullable(linkList)),
  ...reportExtras,
});

export const updateBody = z.object({
  title: z.optional(name(limits.title, 'Replaces the title; reports no longer change it.')),
  description: z.optional(longText),
  severity: z.optional(severity),
  labels: z.optional(labels),
  dueAt: z.optional(z.nullable(timestamp('When it must be mended; null: no date.'))),
  links: z.optional(z.nullable(linkList)),
  state: z.optional(state),
  resolvedAt: z.optional(z.unknown()),
  issueType: z.optional(issueType),
  cluster: z.optional(text(limits.name, 'May be repeated unchanged.')),
  namespace: z.optional(text(limits.namespace, 'May be repeated unchanged.')),
  scope: z.optional(
    z.object({
      resourceType: z.optional(resourceType),
      resourceName: z.optional(resourceName),
      resourceNamespace: z.optional(z.nullable(text(limits.namespace, 'May be repeated unchanged.'))),
    }),
  ),
});

export const linkBody = z.object({
  title: name(limits.title, 'What is behind the link.'),
  url,
});
export const relateBody = z.object({ relatedId: uuid });

export const issueEvent = z.object({
  kind: z.enum(['report', 'end', 'action', 'edit']),
  outcome: z.nullable(z.enum(['failing', 'passing'])),
  effect: z.enum(['opened', 'updated', 'reopened', 'resolved', 'recorded', 'edited']),
  source: z.string(),
  eventId: z.string(),
  observedAt: time(),
  subjectCreatedAt: z.nullable(time()),
  receivedAt: time(),
  actor: z.nullable(z.string()),
  run: z.nullable(z.object({ name: z.nullable(z.string()), uid: z.nullable(z.string()) })),
  content: z.nullable(z.record(z.string(), z.unknown())),
});
export type IssueEvent = z.infer<typeof issueEvent>;
export const eventPage = z.object({ data: z.array(issueEvent), nextCursor: z.nullable(z.string()) });
