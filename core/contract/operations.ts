import * as z from 'zod/mini';
import type { ErrorCode } from '../errors.ts';
import * as health from './health.ts';
import * as issue from './issue.ts';
import * as list from './list.ts';
import * as reports from './reports.ts';
import * as webhooks from './webhooks.ts';

/** Who may use an operation: everybody; readers, reporters, those who act for the namespace; admins. */
export type Access = 'public' | 'read' | 'report' | 'act' | 'admin';
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Operation {
  readonly method: Method;
  /** Parameters in braces; answered with and without a trailing slash. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: z.ZodMiniObject;
  readonly query?: z.ZodMiniObject;
  readonly body?: z.ZodMiniType;
  /** Whether an empty text in the body says no more than a field left out: today's clients send both. */
  readonly emptyIsAbsent?: boolean;
  /** Whether the same `Idempotency-Key` makes it the same call. */
  readonly idempotencyKey?: boolean;
  /** What is answered when it works: status and body. */
  readonly answers: Readonly<
    Record<number, { readonly description: string; readonly schema?: z.ZodMiniType }>
  >;
  /** Beyond those that any operation may answer. */
  readonly errors: readonly ErrorCode[];
}

/** What every operation may answer. */
export const commonErrors: readonly ErrorCode[] = [
  'invalid_request',
  'request_timeout',
  'payload_too_large',
  'headers_too_large',
  'internal',
  'unavailable',
];
/** What every operation that may write may answer. */
export const writeErrors: readonly ErrorCode[] = ['foreign_origin'];
/** What every operation that takes a body may answer. */
export const bodyErrors: readonly ErrorCode[] = [
  'invalid_json',
  'invalid_request',
  'payload_too_large',
  'unsupported_media_type',
];

const base = '/api/v1';
const whole = { description: 'The whole issue.', schema: issue.issue };
const webhookQuery = issue.ownNamespace;
const webhookErrors = [...bodyErrors, 'namespace_mismatch', 'webhook_disabled'] as const;
const webhookFailure = {
  201: { description: 'The issue as it is now.', schema: webhooks.webhookFailureAnswer },
} as const;
const webhookSuccess = {
  200: { description: 'How many active issues this resolved.', schema: webhooks.webhookSuccessAnswer },
} as const;
const oneIssueErrors = ['invalid_request', 'not_found', 'namespace_mismatch'] as const;

/**
 * Every operation of the API. The name is the file's name in every layer: `issues.resolve` is
 * `functions/issues/resolve.ts` and `db/issues/resolve.ts`.
 */
export const operations = {
  'root.get': {
    method: 'GET',
    path: '/',
    summary: 'What this is and where its documents are',
    access: 'public',
    answers: { 200: { description: 'Name, version and links.', schema: health.root } },
    errors: [],
  },
  'health.get': {
    method: 'GET',
    path: `${base}/health`,
    summary: 'Whether the API and its database are up',
    access: 'public',
    answers: {
      200: { description: 'Up.', schema: health.health },
      503: { description: 'The database is down.', schema: health.health },
    },
    errors: [],
  },
  'version.get': {
    method: 'GET',
    path: `${base}/version`,
    summary: 'Which version this is',
    access: 'public',
    answers: { 200: { description: 'Name and version.', schema: health.version } },
    errors: [],
  },
  'openapi.get': {
    method: 'GET',
    path: `${base}/openapi.json`,
    summary: 'This API as an OpenAPI 3.1 document',
    access: 'public',
    answers: { 200: { description: 'The document.', schema: z.record(z.string(), z.unknown()) } },
    errors: [],
  },
  'issues.list': {
    method: 'GET',
    path: `${base}/issues`,
    summary: 'A page of the issues of a namespace, newest first',
    access: 'read',
    query: list.listQuery,
    answers: { 200: { description: 'A page.', schema: list.issuePage } },
    errors: ['invalid_request'],
  },
  'issues.create': {
    method: 'POST',
    path: `${base}/issues`,
    summary: 'Report a failure as an issue; with the same identity the issue is updated, never duplicated',
    access: 'report',
    query: webhookQuery,
    body: issue.createBody,
    idempotencyKey: true,
    answers: {
      201: {
        description: 'The issue as it is now; null when the report is too old to count and there is none.',
        schema: z.nullable(issue.issue),
      },
    },
    errors: [...bodyErrors, 'namespace_mismatch'],
  },
  'issues.summary': {
    method: 'GET',
    path: `${base}/issues/summary`,
    summary: 'How many issues a namespace has, by type, severity, state and lifecycle',
    access: 'read',
    query: list.summaryQuery,
    answers: { 200: { description: 'The counts.', schema: list.summary } },
    errors: ['invalid_request'],
  },
  'issues.get': {
    method: 'GET',
    path: `${base}/issues/{id}`,
    summary: 'One issue',
    access: 'read',
    params: issue.issueParams,
    query: issue.ownNamespace,
    answers: { 200: whole },
    errors: oneIssueErrors,
  },
  'issues.update': {
    method: 'PUT',
    path: `${base}/issues/{id}`,
    summary: 'Edit an issue: what a person writes wins over what reports say; a state resolves or reopens',
    access: 'act',
    params: issue.issueParams,
    query: issue.ownNamespace,
    body: issue.updateBody,
    idempotencyKey: true,
    answers: { 200: whole },
    errors: [...oneIssueErrors, ...bodyErrors],
  },
  'issues.delete': {
    method: 'DELETE',
    path: `${base}/issues/{id}`,
    summary: 'Delete an issue with its links, relations and history',
    access: 'act',
    params: issue.issueParams,
    query: issue.ownNamespace,
    answers: { 204: { description: 'Deleted.' } },
    errors: oneIssueErrors,
  },
  'issues.resolve': {
    method: 'POST',
    path: `${base}/issues/{id}/resolve`,
    summary: 'Resolve an issue: what was known is settled; a newer failure reopens it',
    access: 'act',
    params: issue.issueParams,
    query: issue.ownNamespace,
    idempotencyKey: true,
    answers: { 200: whole },
    errors: oneIssueErrors,
  },
  'issues.reopen': {
    method: 'POST',
    path: `${base}/issues/{id}/reopen`,
    summary: 'Reopen an issue',
    access: 'act',
    params: issue.issueParams,
    query: issue.ownNamespace,
    idempotencyKey: true,
    answers: { 200: whole },
    errors: oneIssueErrors,
  },
  'issues.events': {
    method: 'GET',
    path: `${base}/issues/{id}/events`,
    summary: 'An issue’s timeline, newest first',
    access: 'read',
    params: issue.issueParams,
    query: list.eventsQuery,
    answers: { 200: { description: 'A page of the timeline.', schema: issue.eventPage } },
    errors: oneIssueErrors,
  },
  'issues.link': {
    method: 'POST',
    path: `${base}/issues/{id}/links`,
    summary: 'Add a link to an issue',
    access: 'act',
    params: issue.issueParams,
    query: issue.ownNamespace,
    body: issue.linkBody,
    idempotencyKey: true,
    answers: { 201: whole },
    errors: [...oneIssueErrors, ...bodyErrors, 'limit_reached'],
  },
  'relations.create': {
    method: 'POST',
    path: `${base}/issues/{id}/related`,
    summary: 'Relate two issues',
    access: 'act',
    params: issue.issueParams,
    query: issue.ownNamespace,
    body: issue.relateBody,
    answers: { 201: { description: 'Related.', schema: z.object({ message: z.string() }) } },
    errors: [...oneIssueErrors, ...bodyErrors, 'already_related', 'limit_reached'],
  },
  'relations.delete': {
    method: 'DELETE',
    path: `${base}/issues/{id}/related/{relatedId}`,
    summary: 'Take back the relation of two issues',
    access: 'act',
    params: issue.relatedParams,
    query: issue.ownNamespace,
    answers: { 204: { description: 'No longer related.' } },
    errors: oneIssueErrors,
  },
  'reports.apply': {
    method: 'POST',
    path: `${base}/reports`,
    summary: 'Apply up to 500 reports; each is answered by itself, in their order',
    access: 'report',
    query: webhookQuery,
    body: reports.reportsBody,
    idempotencyKey: true,
    answers: { 200: { description: 'What became of each report.', schema: reports.reportsAnswer } },
    errors: [...bodyErrors, 'outcome_unknown'],
  },
  'webhooks.pipeline-failure': {
    method: 'POST',
    path: `${base}/webhooks/pipeline-failure`,
    summary: 'A pipeline run failed',
    access: 'report',
    query: webhookQuery,
    body: webhooks.pipelineFailureBody,
    emptyIsAbsent: true,
    idempotencyKey: true,
    answers: webhookFailure,
    errors: webhookErrors,
  },
  'webhooks.pipeline-success': {
    method: 'POST',
    path: `${base}/webhooks/pipeline-success`,
    summary: 'A pipeline run passed',
    access: 'report',
    query: webhookQuery,
    body: webhooks.pipelineSuccessBody,
    emptyIsAbsent: true,
    idempotencyKey: true,
    answers: webhookSuccess,
    errors: webhookErrors,
  },
  'webhooks.mintmaker-custom': {
    method: 'POST',
    path: `${base}/webhooks/mintmaker-custom`,
    summary: 'What a Renovate run logged',
    access: 'report',
    query: webhookQuery,
    body: webhooks.mintmakerBody,
    emptyIsAbsent: true,
    idempotencyKey: true,
    answers: {
      200: { description: 'There were no logs; nothing was written.', schema: webhooks.webhookInfoAnswer },
      ...webhookFailure,
    },
    errors: webhookErrors,
  },
  'webhooks.release-failure': {
    method: 'POST',
    path: `${base}/webhooks/release-failure`,
    summary: 'A release failed',
    access: 'report',
    query: webhookQuery,
    body: webhooks.releaseFailureBody,
    emptyIsAbsent: true,
    idempotencyKey: true,
    answers: webhookFailure,
    errors: webhookErrors,
  },
  'webhooks.release-success': {
    method: 'POST',
    path: `${base}/webhooks/release-success`,
    summary: 'A release passed',
    access: 'report',
    query: webhookQuery,
    body: webhooks.releaseSuccessBody,
    emptyIsAbsent: true,
    idempotencyKey: true,
    answers: webhookSuccess,
    errors: webhookErrors,
  },
} as const satisfies Record<string, Operation>;

export type Operations = typeof operations;
export type OperationId = keyof Operations;
