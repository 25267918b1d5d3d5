import type { DemoReport, Surroundings } from './calls.ts';
import type { PipelineRun, Release } from './objects.ts';
import { pac, pullRequestOf } from './subject.ts';

/** The log first, then what was built. Without a log URL and an application no page of the log is known. */
export function linksOf(run: PipelineRun, { consoleUrl }: Surroundings): NonNullable<DemoReport['links']> {
  const { name, namespace, labels } = run.metadata;
  const application = labels['appstudio.openshift.io/application'];
  const log =
    pac(run, 'log-url') ??
    (application === undefined
      ? undefined
      : `${consoleUrl}/ns/${namespace}/applications/${application}/pipelineruns/${name}/logs`);
  const repository = pac(run, 'repo-url');
  const number = pullRequestOf(run);
  return [
    { title: 'Pipeline Run Logs', url: log },
    { title: 'Commit', url: pac(run, 'sha-url') },
    {
      title: `Pull request #${number}`,
      url:
        number !== undefined && repository?.startsWith('https://github.com/') === true
          ? `${repository}/pull/${number}`
          : undefined,
    },
  ].flatMap(({ title, url }) => (url === undefined ? [] : [{ title, url }]));
}

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
