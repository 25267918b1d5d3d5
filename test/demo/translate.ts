import { observe } from '../../operator/controllers/pipelinerun/observe.ts';
import type { PipelineRunSettings } from '../../operator/controllers/pipelinerun/settings.ts';
import { toObject } from '../../operator/runtime/objects.ts';
import type { KiteCall, Surroundings, Translation, WebhookBody } from './calls.ts';
import { releaseUrl } from './links.ts';
import type { PipelineRun, Release, RenovateLog, RenovateRun } from './objects.ts';

const pipelineRuns = { group: 'tekton.dev', version: 'v1', plural: 'pipelineruns', kind: 'PipelineRun' };

/** A PipelineRun says what the operator would report of it, or why it would report nothing. */
export function translatePipelineRun(run: PipelineRun, { consoleUrl }: Surroundings): Translation {
  // The fixtures were in no cluster, which gives the versions.
  const object = toObject({ ...run, metadata: { resourceVersion: '1', ...run.metadata } }, pipelineRuns);
  if (object === undefined) {
    return { skipped: 'is no object of a cluster' };
  }
  const settings: PipelineRunSettings = {
    consoleUrl,
    severityOverrides: [],
    // The fixtures stand still: their runs that go on are not stuck, and Renovate's logs tell how its runs end.
    stuckAfter: Number.POSITIVE_INFINITY,
    snapshotController: true,
    logAnalyzer: true,
  };
  const { reports, reason } = observe({ object, isDeleted: false }, [], settings, 0);
  const { namespace } = object.metadata;
  return reports.length === 0
    ? { skipped: reason }
    : { calls: reports.map(({ report }): KiteCall => ({ kind: 'report', namespace, report })) };
}

/** A finished Release becomes one call of a release webhook, with its plan; every other one a reason. */
export function translateRelease(release: Release, around: Surroundings): Translation {
  const { metadata, spec, status } = release;
  const released = status.conditions.find((one) => one.type === 'Released');
  const application = metadata.labels['appstudio.openshift.io/application'];
  if (released === undefined) {
    return { skipped: 'has no condition Released yet' };
  }
  const succeeded = released.status === 'True';
  if (!succeeded && !(released.status === 'False' && released.reason === 'Failed')) {
    return { skipped: `is still going (${released.reason ?? 'no reason'})` };
  }
  if (application === undefined) {
    return { skipped: 'names no application' };
  }
  const body: WebhookBody = {
    application,
    namespace: metadata.namespace,
    release: metadata.name,
    releasePlan: spec.releasePlan,
    observedAt: status.completionTime ?? released.lastTransitionTime ?? metadata.creationTimestamp,
    subjectCreatedAt: metadata.creationTimestamp,
    labels: present({
      application,
      component: metadata.labels['appstudio.openshift.io/component'],
      lifecycle: 'production',
    }),
    eventId: `${identityOf(release)}/Released/${released.reason ?? 'Succeeded'}`,
  };
  if (succeeded) {
    return { calls: [{ kind: 'webhook', webhook: 'release-success', body }] };
  }
  const failed = status.conditions.find((one) => one.reason === 'Failed' && one.type !== 'Released');
  const failurePhase = failed?.type ?? 'Released';
  const failure = {
    failurePhase,
    severity: failurePhase.startsWith('Managed') ? 'critical' : 'major',
    pipelineRunUrl: releaseUrl(release, application, failurePhase, around),
  };
  return { calls: [{ kind: 'webhook', webhook: 'release-failure', body: { ...body, ...failure } }] };
}

/** What the log analyzer posts for each run: its logs by level, the empty ones left out, then its end. */
export function translateRenovateLog(log: RenovateLog): { readonly calls: readonly KiteCall[] } {
  return { calls: log.runs.flatMap((run) => [...logCalls(log, run), endCall(log, run)]) };
}

function logCalls({ pipelineId, namespace }: RenovateLog, run: RenovateRun): readonly KiteCall[] {
  const levels = [
    ['error', run.errors],
    ['warning', run.warnings],
    ['info', run.infos],
  ] as const;
  return levels
    .filter(([, logs]) => logs.length > 0)
    .map(([type, logs]) => ({
      kind: 'webhook',
      webhook: 'mintmaker-custom',
      body: {
        pipelineId,
        namespace,
        type,
        logs,
        runId: run.runId,
        observedAt: run.loggedAt,
        subjectCreatedAt: run.startedAt,
        eventId: `${run.runId}/${type}`,
      },
    }));
}

function endCall({ pipelineId, namespace }: RenovateLog, run: RenovateRun): KiteCall {
  const body: WebhookBody = {
    pipelineName: pipelineId,
    namespace,
    runId: run.runId,
    observedAt: run.finishedAt,
    subjectCreatedAt: run.startedAt,
    eventId: `${run.runId}/end`,
  };
  if (run.outcome === 'success') {
    return { kind: 'webhook', webhook: 'pipeline-success', body };
  }
  return {
    kind: 'webhook',
    webhook: 'pipeline-failure',
    body: {
      ...body,
      failureReason: run.failureReason ?? 'Renovate failed',
      ...(run.logsUrl === undefined ? {} : { logsUrl: run.logsUrl }),
    },
  };
}

function identityOf({ metadata }: Release): string {
  return metadata.uid ?? `${metadata.namespace}/${metadata.name}`;
}

function present(labels: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
