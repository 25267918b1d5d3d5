import { ownNamespace } from '../fields.ts';
import { base, bodyErrors, type Operation } from '../operation.ts';
import * as forms from '../reports.ts';

export const apply = {
  id: 'reports.apply',
  method: 'POST',
  path: `${base}/reports`,
  summary: 'Apply up to 500 reports; each is answered by itself, in their order',
  access: 'report',
  query: ownNamespace,
  body: forms.reportsBody,
  idempotencyKey: true,
  answers: { 200: { description: 'What became of each report.', schema: forms.reportsAnswer } },
  errors: [...bodyErrors, 'outcome_unknown'],
} as const satisfies Operation;

export const list = {
  id: 'reports.list',
  method: 'GET',
  path: `${base}/reports`,
  summary: 'A page of what a run reported, passes too, newest first',
  access: 'read',
  query: forms.reportsQuery,
  answers: { 200: { description: 'A page.', schema: forms.reportPage } },
  errors: ['invalid_request'],
} as const satisfies Operation;
