import type { DemoReport, KiteCall, Surroundings, Translation, WebhookBody } from './calls.ts';
import { linksOf, releaseUrl } from './links.ts';
import type { Condition, PipelineRun, Release, RenovateLog, RenovateRun } from './objects.ts';
import { subjectOf } from './subject.ts';

const stoppedReasons = new Set(['Cancelled', 'CancelledRunFinally', 'StoppedRunFinally']);

/** Reasons with which Tekton gives a run up before a task of it has run. */
const catastrophicReasons = new Set(
  `CouldntGetPipeline CouldntGetTask PipelineValidationFailed PipelineInvalidGraph
  InvalidPipelineResourceBindings InvalidWorkspaceBindings InvalidTaskRunSpecs ParameterTypeMismatch
  ParameterMissing ObjectParameterMissKeys ParamArrayIndexingInvalid InvalidMatrixParameterTypes
  InvalidTaskResultReference InvalidPipelineResultReference RequiredWorkspaceMarkedOptional
  ResourceVerificationFailed CreateRunFailed CELEvaluationFailed InvalidParamValue
  CouldntGetPipelineResult`.split(/\s+/),
);

const userErrorPrefix = '[User error] ';

/** A finished build, or a finished run without a type, becomes one report; every other run a reason. */
export function translatePipelineRun(run: PipelineRun, around: Surroundings): Translation {
  const subject = subjectOf(run);
  if ('skipped' in subject) {
    return subject;
  }
  const verdict = verdictOf(run.status.conditions);
  if ('skipped' in verdict) {
    return verdict;
  }
  const { metadata, status } = run;
  const { outcome, reason, condition } = verdict;
  const message = condition.message ?? '';
  const catastrophic = outcome === 'failing' && catastrophicReasons.has(reason);
  const report: DemoReport = {
    ...(around.cluster === undefined ? {} : { cluster: around.cluster }),
    namespace: metadata.namespace,
    scope: subject.scope,
    issueType: subject.issueType,
    outcome,
    observedAt: condition.lastTransitionTime ?? status.completionTime ?? metadata.creationTimestamp,
    subjectCreatedAt: metadata.creationTimestamp,
    source: 'demo',
    eventId: `${identityOf(run)}/Succeeded/${reason}`,
    run: { name: metadata.name, ...(metadata.uid === undefined ? {} : { uid: metadata.uid }) },
    labels: present({
      ...subject.labels,
      cause: message.startsWith(userErrorPrefix) ? 'user' : undefined,
    }),
    ...(outcome === 'failing' && {
      title: `${subject.name} ${ending(reason, catastrophic)}`,
      description: `PipelineRun ${metadata.name}: ${message || 'no message'} (${reason})`,
      severity: catastrophic ? 'critical' : subject.severity,
      links: linksOf(run, around),
    }),
  };
  return { calls: [{ kind: 'report', report }] };
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

type Verdict =
  | { readonly outcome: 'failing' | 'passing'; readonly reason: string; readonly condition: Condition }
  | { readonly skipped: string };

function verdictOf(conditions: readonly Condition[]): Verdict {
  const condition = conditions.find((one) => one.type === 'Succeeded');
  if (condition === undefined) {
    return { skipped: 'has no condition Succeeded yet' };
  }
  const { status, reason } = condition;
  if (status === 'True') {
    return { outcome: 'passing', reason: reason ?? 'Succeeded', condition };
  }
  if (status !== 'False') {
    return { skipped: `is still going (${reason ?? 'no reason'})` };
  }
  return stoppedReasons.has(reason ?? '')
    ? { skipped: `was stopped by somebody (${reason})` }
    : { outcome: 'failing', reason: reason ?? 'Failed', condition };
}

function ending(reason: string, catastrophic: boolean): string {
  if (catastrophic) {
    return 'could not start';
  }
  return reason === 'PipelineRunTimeout' ? 'timed out' : 'failed';
}

function identityOf({ metadata }: PipelineRun | Release): string {
  return metadata.uid ?? `${metadata.namespace}/${metadata.name}`;
}

function present(labels: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
