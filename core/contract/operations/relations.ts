import * as z from 'zod/mini';
import { ownNamespace } from '../fields.ts';
import * as forms from '../issue.ts';
import { base, bodyErrors, type Operation, oneIssueErrors } from '../operation.ts';

export const create = {
  id: 'relations.create',
  method: 'POST',
  path: `${base}/issues/{id}/related`,
  summary: 'Relate two issues',
  access: 'act',
  params: forms.issueParams,
  query: ownNamespace,
  body: forms.relateBody,
  answers: { 201: { description: 'Related.', schema: z.object({ message: z.string() }) } },
  errors: [...oneIssueErrors, ...bodyErrors, 'already_related', 'limit_reached'],
} as const satisfies Operation;

export const remove = {
  id: 'relations.delete',
  method: 'DELETE',
  path: `${base}/issues/{id}/related/{relatedId}`,
  summary: 'Take back the relation of two issues',
  access: 'act',
  params: forms.relatedParams,
  query: ownNamespace,
  answers: { 204: { description: 'No longer related.' } },
  errors: oneIssueErrors,
} as const satisfies Operation;
