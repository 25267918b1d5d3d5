import * as z from 'zod/mini';
import { reportStatuses, userSource } from '../domain/report.ts';
import { type ErrorCode, errorTable } from '../errors.ts';
import {
  issueType,
  limits,
  linkList,
  longText,
  name,
  namespace,
  reportExtras,
  scopeInput,
  severity,
} from './fields.ts';
import { issueEvent, scope } from './issue.ts';
import { listQuery } from './list.ts';

const source = name(limits.source, 'Who says so, such as `operator/pipelinerun`; not `user`.').check(
  z.refine((value) => value.toLowerCase().split('/')[0] !== userSource, {
    error: 'is kept for people; name the program that reports',
  }),
);
z.globalRegistry.add(source, { not: { pattern: '^[Uu][Ss][Ee][Rr](/|$)' } });

const common = {
  namespace,
  scope: scopeInput,
  issueType,
  source,
  ...reportExtras,
};

/** What a report has whatever its outcome. */
export const reportCommon = z.object(common);

/** One report of `POST /reports`. */
export const reportInput = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('failing'),
    ...common,
    title: name(limits.title, 'The issue in one line.'),
    description: longText,
    severity,
    links: z.optional(z.nullable(linkList)),
  }),
  z.object({ outcome: z.literal('passing'), ...common }),
]);
export type ReportInput = z.infer<typeof reportInput>;

const batch = z.array(z.unknown()).check(z.minLength(1), z.maxLength(limits.reports));
z.globalRegistry.add(batch, {
  description: 'Each is judged by itself: a bad one spoils only itself.',
  items: { $ref: '#/components/schemas/Report' },
});
export const reportsBody = z.object({ reports: batch });

const codes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]];
const reportResult = z.object({
  index: z.int(),
  status: z.enum(reportStatuses),
  issueId: z.optional(z.uuid()),
  error: z.optional(
    z.object({
      code: z.enum(codes),
      message: z.string(),
      retryable: z.boolean(),
      details: z.optional(z.array(z.object({ path: z.string(), message: z.string() }))),
    }),
  ),
});
export type ReportResult = z.infer<typeof reportResult>;
export const reportsAnswer = z.object({ results: z.array(reportResult) });

/** What asks for the reports of one run. */
export const reportsQuery = z.object({
  ...z.pick(listQuery, { namespace: true, cluster: true, limit: true, cursor: true }).shape,
  pipelineRun: name(limits.name, 'The run whose reports are asked for: its name or uid.'),
});
z.globalRegistry.add(reportsQuery, { required: ['namespace', 'pipelineRun'] });

/** A report that was taken, with what it is about. */
const reportTaken = z.extend(z.omit(issueEvent, { kind: true, content: true }), {
  outcome: z.enum(['failing', 'passing']),
  cluster: z.string(),
  namespace: z.string(),
  scope,
  issueType,
  /** Null where nothing has failed yet. */
  issueId: z.nullable(z.uuid()),
});
export type ReportTaken = z.infer<typeof reportTaken>;
export const reportPage = z.object({ data: z.array(reportTaken), nextCursor: z.nullable(z.string()) });
export type ReportPage = z.infer<typeof reportPage>;
