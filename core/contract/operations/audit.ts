import * as forms from '../audit.ts';
import { base, type Operation } from '../operation.ts';

export const list = {
  id: 'audit.list',
  method: 'GET',
  path: `${base}/audit`,
  summary: 'Who did what and when, newest first',
  access: 'admin',
  query: forms.auditQuery,
  answers: { 200: { description: 'A page.', schema: forms.auditPage } },
  errors: ['invalid_request'],
} as const satisfies Operation;
