import * as z from 'zod/mini';
import * as forms from '../health.ts';
import { base, type Operation } from '../operation.ts';

export const root = {
  id: 'root.get',
  method: 'GET',
  path: '/',
  summary: 'What this is and where its documents are',
  access: 'public',
  answers: { 200: { description: 'Name, version and links.', schema: forms.root } },
  errors: [],
} as const satisfies Operation;

export const health = {
  id: 'health.get',
  method: 'GET',
  path: `${base}/health`,
  summary: 'Whether the API and its database are up',
  access: 'public',
  answers: {
    200: { description: 'Up.', schema: forms.health },
    503: { description: 'The database is down.', schema: forms.health },
  },
  errors: [],
} as const satisfies Operation;

export const version = {
  id: 'version.get',
  method: 'GET',
  path: `${base}/version`,
  summary: 'Which version this is',
  access: 'public',
  answers: { 200: { description: 'Name and version.', schema: forms.version } },
  errors: [],
} as const satisfies Operation;

export const openapi = {
  id: 'openapi.get',
  method: 'GET',
  path: `${base}/openapi.json`,
  summary: 'This API as an OpenAPI 3.1 document',
  access: 'public',
  answers: { 200: { description: 'The document.', schema: z.record(z.string(), z.unknown()) } },
  errors: [],
} as const satisfies Operation;
