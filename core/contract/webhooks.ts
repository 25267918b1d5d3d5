import * as z from 'zod/mini';
import {
  fits,
  limits,
  maybe,
  name,
  namespace,
  reportExtras,
  text,
  thing,
  webhookSeverity,
} from './fields.ts';
import { issue } from './issue.ts';

/** Free text of a webhook: as long as the body may be; what is beyond the description's limit is cut. */
const freeText = (description: string) => name(limits.body, description);

export const pipelineFailureBody = z.object({
  pipelineName: thing('The pipeline; MintMaker’s pipelineId.'),
  namespace,
  failureReason: freeText('Why it failed.'),
  severity: maybe(webhookSeverity),
  logsUrl: maybe(text(limits.url, 'Where the log is.')),
  ...reportExtras,
});

export const pipelineSuccessBody = z.object({
  pipelineName: thing('The pipeline; MintMaker’s pipelineId.'),
  namespace,
  ...reportExtras,
});

export const mintmakerBody = z.object({
  pipelineId: thing('What Renovate ran for: `github.com/owner_repo@branch`.'),
  namespace,
  type: z.enum(['error', 'warning', 'info']),
  logs: z.array(text(limits.body, 'One message.')),
  ...reportExtras,
});

export const releaseFailureBody = z.object({
  application: thing('The application that was released.'),
  namespace,
  failurePhase: freeText('The phase that failed.'),
  release: name(limits.name, 'The Release.'),
  pipelineRunUrl: maybe(text(limits.url, 'Where the log is.')),
  releasePlan: maybe(
    text(limits.name, 'The ReleasePlan: its failures are an issue of their own.').check(
      fits(limits.nameBytes),
    ),
  ),
  severity: maybe(webhookSeverity),
  ...reportExtras,
});

export const releaseSuccessBody = z.object({
  application: thing('The application that was released.'),
  namespace,
  releasePlan: maybe(
    text(limits.name, 'The ReleasePlan: only its failures are over.').check(fits(limits.nameBytes)),
  ),
  ...reportExtras,
});

/** `issue` is null only when a report too old to count has no issue to show. */
export const webhookFailureAnswer = z.object({ status: z.literal('success'), issue: z.nullable(issue) });
export const webhookSuccessAnswer = z.object({ status: z.literal('success'), message: z.string() });
export const webhookInfoAnswer = z.object({ info: z.string() });
