import * as z from 'zod/mini';
import { issueTypes, severities, states } from '../domain/report.ts';
import { lifecycles, limits, name, namespace, text, timestamp } from './fields.ts';
import { issue } from './issue.ts';

/** A whole number written in digits, between `min` and `max`. */
function whole(min: number, max: number, description: string) {
  const schema = z.pipe(
    z.pipe(
      z.string().check(z.regex(/^-?\d{1,9}$/, { error: 'is not a whole number' })),
      z.transform((value: string) => Number(value)),
    ),
    z.int().check(z.gte(min), z.lte(max)),
  );
  z.globalRegistry.add(schema, {
    description,
    type: 'integer',
    minimum: min,
    maximum: max,
    pattern: undefined,
  });
  return schema;
}

const sorts = ['detectedAt', 'lastSeenAt', 'severity', 'dueAt'] as const;
export type Sort = (typeof sorts)[number];

export const pageLimit = whole(1, limits.pageSize, 'How many at most; 50 when absent.');
const cursorPattern = /^[A-Za-z0-9_-]{1,1000}$/;
export const pageCursor = z
  .string()
  .check(z.regex(cursorPattern, { error: 'is not a cursor; take nextCursor of the page before' }));

/** One namespace, or several separated by commas. */
const namespaces = z.string().check(
  z.refine(
    (value) => {
      const names = value.split(',').filter((part) => part.trim() !== '');
      return names.length > 0 && names.every((part) => namespace.safeParse(part).success);
    },
    {
      error: `is no namespace, nor several with commas between them, of at most ${limits.namespace} characters each`,
    },
  ),
  z.refine((value) => value.split(',').length <= limits.namespaces, {
    error: `names more than ${limits.namespaces} namespaces`,
  }),
);
z.globalRegistry.add(namespaces, {
  description: `The tenant’s namespace; several, at most ${limits.namespaces}, are separated by commas.`,
  pattern: '^[^\\u0000]*[^\\s\\u0000,][^\\u0000]*$',
});

const label = z.string().check(
  z.maxLength(limits.labelKey + limits.labelValue + 1),
  z.regex(/^[^=]+=/, { error: 'is not of the form key=value' }),
  z.refine((value) => value.isWellFormed() && !value.includes('\0'), {
    error: 'holds a NUL character or half of a surrogate pair; send plain Unicode text',
  }),
);
z.globalRegistry.add(label, { pattern: '^[^=\\u0000]+=[^\\u0000]*$' });

/** The filters of the list. A filter given as an array means any of its values. */
export const listQuery = z.object({
  namespace: z.optional(namespaces),
  cluster: z.optional(name(limits.name, 'Only this cluster’s issues.')),
  severity: z.optional(z.array(z.enum(severities))),
  issueType: z.optional(z.array(z.enum(issueTypes))),
  state: z.optional(z.array(z.enum(states))),
  resourceType: z.optional(text(limits.name, 'The scope’s kind, in any case.')),
  resourceName: z.optional(text(limits.name, 'The scope’s name.')),
  search: z.optional(
    text(
      limits.name,
      'Text in the title, the description or the scope’s name, in any case; % and _ are text.',
    ),
  ),
  application: z.optional(text(limits.name, 'Issues of this application, by scope or label.')),
  component: z.optional(text(limits.name, 'Issues of this component, by scope or label.')),
  pipelineRun: z.optional(
    text(limits.name, 'Issues that this run reported, failing or passing: its name or uid.'),
  ),
  idPrefix: z.optional(
    z.string().check(
      z.regex(/^[0-9a-fA-F]{8}(-?[0-9a-fA-F]){0,24}-?$/, {
        error: 'is not the beginning of an id: 8 or more hex digits',
      }),
    ),
  ),
  label: z.optional(z.array(label).check(z.maxLength(limits.labels))),
  lifecycle: z.optional(z.enum(lifecycles)),
  origin: z.optional(text(limits.labelValue, 'Where the issue comes from, such as mintmaker.')),
  dueBefore: z.optional(timestamp('Issues that must be mended before this time.')),
  updatedSince: z.optional(timestamp('Issues that changed at or after this time.')),
  sort: z.optional(z.enum(sorts)),
  limit: z.optional(pageLimit),
  offset: z.optional(whole(0, limits.offset, 'How many to pass over; cursor is the better way.')),
  cursor: z.optional(pageCursor),
});
z.globalRegistry.add(listQuery, { required: ['namespace'] });
export type ListQuery = z.infer<typeof listQuery>;

export const issuePage = z.object({
  data: z.array(issue),
  total: z.int(),
  totalIsLowerBound: z.optional(z.boolean()),
  limit: z.int(),
  offset: z.int(),
  nextCursor: z.nullable(z.string()),
});
export type IssuePage = z.infer<typeof issuePage>;

export const eventsQuery = z.object({
  namespace: z.optional(namespace),
  limit: z.optional(pageLimit),
  cursor: z.optional(pageCursor),
});

export const summaryQuery = z.object({
  namespace: z.optional(namespaces),
  cluster: z.optional(name(limits.name, 'Only this cluster’s issues.')),
});
z.globalRegistry.add(summaryQuery, { required: ['namespace'] });

const counts = z.record(z.string(), z.int());
export const summary = z.object({
  total: z.int(),
  byState: counts,
  byType: counts,
  bySeverity: counts,
  byLifecycle: counts,
  /** The same, of active issues only. */
  active: z.object({ total: z.int(), byType: counts, bySeverity: counts, byLifecycle: counts }),
});
export type Summary = z.infer<typeof summary>;
