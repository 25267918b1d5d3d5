import * as forms from '../keys.ts';
import { base, bodyErrors, type Operation } from '../operation.ts';

export const create = {
  id: 'keys.create',
  method: 'POST',
  path: `${base}/keys`,
  summary: 'Make an API key; it is shown this once',
  access: 'admin',
  body: forms.createKeyBody,
  answers: { 201: { description: 'The key, and what it may do.', schema: forms.newKey } },
  errors: bodyErrors,
} as const satisfies Operation;

export const list = {
  id: 'keys.list',
  method: 'GET',
  path: `${base}/keys`,
  summary: 'A page of the API keys, newest first, without their secrets',
  access: 'admin',
  query: forms.keysQuery,
  answers: { 200: { description: 'A page.', schema: forms.keyPage } },
  errors: ['invalid_request'],
} as const satisfies Operation;

export const revoke = {
  id: 'keys.revoke',
  method: 'DELETE',
  path: `${base}/keys/{id}`,
  summary: 'Revoke an API key: within seconds it lets nobody in',
  access: 'admin',
  params: forms.keyParams,
  answers: { 204: { description: 'Revoked.' } },
  errors: ['invalid_request', 'not_found'],
} as const satisfies Operation;
