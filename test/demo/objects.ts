import { z } from 'zod';

/** The fields of the watched objects that the demo reads; all that clusters leave out is optional here. */
const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string(),
  generateName: z.string().optional(),
  uid: z.string().optional(),
  creationTimestamp: z.string(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
});

const condition = z.looseObject({
  type: z.string().optional(),
  status: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  lastTransitionTime: z.string().optional(),
});

/** Of what a run says besides, the operator decides. */
export const pipelineRunSchema = z.looseObject({ kind: z.literal('PipelineRun'), metadata });
export type PipelineRun = z.infer<typeof pipelineRunSchema>;

const processing = z.looseObject({ pipelineRun: z.string().optional() }).optional();

export const releaseSchema = z.looseObject({
  kind: z.literal('Release'),
  metadata,
  spec: z.looseObject({ releasePlan: z.string() }),
  status: z
    .looseObject({
      conditions: z.array(condition).default([]),
      completionTime: z.string().optional(),
      tenantProcessing: processing,
      managedProcessing: processing,
      finalProcessing: processing,
      managedPipelineAttempts: z.array(z.looseObject({ pipelineRun: z.string().optional() })).default([]),
    })
    .default({ conditions: [], managedPipelineAttempts: [] }),
});
export type Release = z.infer<typeof releaseSchema>;

/** What the log analyzer has read from the runs of Renovate on one branch of one repository. */
export const renovateLogSchema = z.strictObject({
  pipelineId: z.string(),
  namespace: z.string(),
  runs: z.array(
    z.strictObject({
      runId: z.string(),
      startedAt: z.string(),
      loggedAt: z.string(),
      finishedAt: z.string(),
      outcome: z.enum(['success', 'failure']),
      failureReason: z.string().optional(),
      logsUrl: z.string().optional(),
      errors: z.array(z.string()),
      warnings: z.array(z.string()),
      infos: z.array(z.string()),
    }),
  ),
});
export type RenovateLog = z.infer<typeof renovateLogSchema>;
export type RenovateRun = RenovateLog['runs'][number];
