import * as z from 'zod/mini';
import { ownNamespace } from '../fields.ts';
import * as forms from '../issue.ts';
import * as lists from '../list.ts';
import { base, bodyErrors, type Operation, oneIssueErrors } from '../operation.ts';

const whole = { description: 'The whole issue.', schema: forms.issue } as const;

export const list = {
  id: 'issues.list',
  method: 'GET',
  path: `${base}/issues`,
  summary: 'A page of the issues of a namespace, newest first',
  access: 'read',
  query: lists.listQuery,
  answers: { 200: { description: 'A page.', schema: lists.issuePage } },
  errors: ['invalid_request'],
} as const satisfies Operation;

export const create = {
  id: 'issues.create',
  method: 'POST',
  path: `${base}/issues`,
  summary: 'Report a failure as an issue; with the same identity the issue is updated, never duplicated',
  access: 'report',
  query: ownNamespace,
  body: forms.createBody,
  idempotencyKey: true,
  answers: {
    201: {
      description: 'The issue as it is now; null when the report is too old to count and there is none.',
      schema: z.nullable(forms.issue),
    },
  },
  errors: [...bodyErrors, 'namespace_mismatch'],
} as const satisfies Operation;

export const summary = {
  id: 'issues.summary',
  method: 'GET',
  path: `${base}/issues/summary`,
  summary: 'How many issues a namespace has, by type, severity, state and lifecycle',
  access: 'read',
  query: lists.summaryQuery,
  answers: { 200: { description: 'The counts.', schema: lists.summary } },
  errors: ['invalid_request'],
} as const satisfies Operation;

export const get = {
  id: 'issues.get',
  method: 'GET',
  path: `${base}/issues/{id}`,
  summary: 'One issue',
  access: 'read',
  params: forms.issueParams,
  query: ownNamespace,
  answers: { 200: whole },
  errors: oneIssueErrors,
} as const satisfies Operation;

export const update = {
  id: 'issues.update',
  method: 'PUT',
  path: `${base}/issues/{id}`,
  summary: 'Edit an issue: what a person writes wins over what reports say; a state resolves or reopens',
  access: 'act',
  params: forms.issueParams,
  query: ownNamespace,
  body: forms.updateBody,
  idempotencyKey: true,
  answers: { 200: whole },
  errors: [...oneIssueErrors, ...bodyErrors],
} as const satisfies Operation;

export const remove = {
  id: 'issues.delete',
  method: 'DELETE',
  path: `${base}/issues/{id}`,
  summary: 'Delete an issue with its links, relations and history',
  access: 'act',
  params: forms.issueParams,
  query: ownNamespace,
  answers: { 204: { description: 'Deleted.' } },
  errors: oneIssueErrors,
} as const satisfies Operation;

export const resolve = {
  id: 'issues.resolve',
  method: 'POST',
  path: `${base}/issues/{id}/resolve`,
  summary: 'Resolve an issue: what was known is settled; a newer failure reopens it',
  access: 'act',
  params: forms.issueParams,
  query: ownNamespace,
  idempotencyKey: true,
  answers: { 200: whole },
  errors: oneIssueErrors,
} as const satisfies Operation;

export const reopen = {
  id: 'issues.reopen',
  method: 'POST',
  path: `${base}/issues/{id}/reopen`,
  summary: 'Reopen an issue',
  access: 'act',
  params: forms.issueParams,
  query: ownNamespace,
  idempotencyKey: true,
  answers: { 200: whole },
  errors: oneIssueErrors,
} as const satisfies Operation;

export const events = {
  id: 'issues.events',
  method: 'GET',
  path: `${base}/issues/{id}/events`,
  summary: 'An issue’s timeline, newest first',
  access: 'read',
  params: forms.issueParams,
  query: lists.eventsQuery,
  answers: { 200: { description: 'A page of the timeline.', schema: forms.eventPage } },
  errors: oneIssueErrors,
} as const satisfies Operation;

export const link = {
  id: 'issues.link',
  method: 'POST',
  path: `${base}/issues/{id}/links`,
  summary: 'Add a link to an issue',
  access: 'act',
  params: forms.issueParams,
  query: ownNamespace,
  body: forms.linkBody,
  idempotencyKey: true,
  answers: { 201: whole },
  errors: [...oneIssueErrors, ...bodyErrors, 'limit_reached'],
} as const satisfies Operation;
