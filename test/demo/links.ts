import type { Surroundings } from './calls.ts';
import type { Release } from './objects.ts';

/** The run of the phase that failed, in its own namespace; where there is none, the Release itself. */
export function releaseUrl(
  { metadata, status }: Release,
  application: string,
  failurePhase: string,
  { consoleUrl }: Surroundings,
): string {
  const run = {
    TenantPipelineProcessed: status.tenantProcessing?.pipelineRun,
    ManagedPipelineProcessed:
      status.managedPipelineAttempts.at(-1)?.pipelineRun ?? status.managedProcessing?.pipelineRun,
    FinalPipelineProcessed: status.finalProcessing?.pipelineRun,
  }[failurePhase];
  const [namespace, name] = run?.split('/') ?? [];
  return name === undefined
    ? `${consoleUrl}/ns/${metadata.namespace}/applications/${application}/releases/${metadata.name}`
    : `${consoleUrl}/ns/${namespace}/applications/${application}/pipelineruns/${name}/logs`;
}
