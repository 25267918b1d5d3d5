import * as z from 'zod/mini';
import { duration, type Surroundings } from '../settings.ts';

/** What this controller alone is told, beside the surroundings of all. */
export const pipelineRunSettings = z.strictObject({
  /** How long after its creation a run that has not ended is stuck. Two hours when absent. */
  stuckAfter: z._default(duration, 2 * 3_600_000),
  /**
   * Whether a Snapshot controller reports integration tests. Where none does, runs of type `test` are reported here, with
   * what their results say.
   */
  snapshotController: z._default(z.boolean(), true),
  /** Whether MintMaker's log analyzer tells Kite how its runs end. They are then not told a second time. */
  logAnalyzer: z._default(z.boolean(), false),
});

export type PipelineRunSettings = Surroundings & z.output<typeof pipelineRunSettings>;
