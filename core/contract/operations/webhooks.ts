import { ownNamespace } from '../fields.ts';
import { base, bodyErrors, type Operation } from '../operation.ts';
import * as forms from '../webhooks.ts';

const errors = [...bodyErrors, 'namespace_mismatch', 'webhook_disabled'] as const;
const failureAnswer = {
  201: { description: 'The issue as it is now.', schema: forms.webhookFailureAnswer },
} as const;
const successAnswer = {
  200: { description: 'How many active issues this resolved.', schema: forms.webhookSuccessAnswer },
} as const;

export const pipelineFailure = {
  id: 'webhooks.pipeline-failure',
  method: 'POST',
  path: `${base}/webhooks/pipeline-failure`,
  summary: 'A pipeline run failed',
  access: 'report',
  query: ownNamespace,
  body: forms.pipelineFailureBody,
  emptyIsAbsent: true,
  idempotencyKey: true,
  answers: failureAnswer,
  errors,
} as const satisfies Operation;

export const pipelineSuccess = {
  id: 'webhooks.pipeline-success',
  method: 'POST',
  path: `${base}/webhooks/pipeline-success`,
  summary: 'A pipeline run passed',
  access: 'report',
  query: ownNamespace,
  body: forms.pipelineSuccessBody,
  emptyIsAbsent: true,
  idempotencyKey: true,
  answers: successAnswer,
  errors,
} as const satisfies Operation;

export const mintmakerCustom = {
  id: 'webhooks.mintmaker-custom',
  method: 'POST',
  path: `${base}/webhooks/mintmaker-custom`,
  summary: 'What a Renovate run logged',
  access: 'report',
  query: ownNamespace,
  body: forms.mintmakerBody,
  emptyIsAbsent: true,
  idempotencyKey: true,
  answers: {
    200: { description: 'There were no logs; nothing was written.', schema: forms.webhookInfoAnswer },
    ...failureAnswer,
  },
  errors,
} as const satisfies Operation;

export const releaseFailure = {
  id: 'webhooks.release-failure',
  method: 'POST',
  path: `${base}/webhooks/release-failure`,
  summary: 'A release failed',
  access: 'report',
  query: ownNamespace,
  body: forms.releaseFailureBody,
  emptyIsAbsent: true,
  idempotencyKey: true,
  answers: failureAnswer,
  errors,
} as const satisfies Operation;

export const releaseSuccess = {
  id: 'webhooks.release-success',
  method: 'POST',
  path: `${base}/webhooks/release-success`,
  summary: 'A release passed',
  access: 'report',
  query: ownNamespace,
  body: forms.releaseSuccessBody,
  emptyIsAbsent: true,
  idempotencyKey: true,
  answers: successAnswer,
  errors,
} as const satisfies Operation;
