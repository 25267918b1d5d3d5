import type { DemoReport, Severity } from './calls.ts';
import type { PipelineRun } from './objects.ts';

/** Which issue the outcome of a run belongs to. */
interface Subject {
  readonly issueType: DemoReport['issueType'];
  readonly scope: DemoReport['scope'];
  readonly severity: Severity;
  readonly name: string;
  readonly labels: Readonly<Record<string, string | undefined>>;
}

/** Which issue a run's outcome belongs to, or who else reports it. */
export function subjectOf(run: PipelineRun): Subject | { readonly skipped: string } {
  const { labels, annotations } = run.metadata;
  const type = typeOf(run);
  if (type === 'test') {
    return { skipped: 'is an integration test, which its Snapshot reports' };
  }
  if (/^(tenant|managed|final)(-collectors)?$/.test(type ?? '')) {
    return { skipped: 'is part of a release, which its Release reports' };
  }
  const component = componentOf(run);
  const facts = {
    application: labels['appstudio.openshift.io/application'],
    component,
    branch:
      annotations['build.appstudio.redhat.com/target_branch'] ?? labels['build.konflux-ci.dev/target_branch'],
  };
  if (type !== 'build' || component === undefined) {
    const resourceName = pipelineName(run);
    return {
      issueType: type === 'build' ? 'build' : 'pipeline',
      scope: { resourceType: 'pipelinerun', resourceName },
      severity: 'major',
      name: `Pipeline ${resourceName}`,
      labels: facts,
    };
  }
  if (isPush(run)) {
    const version = labels['build.konflux-ci.dev/version'];
    const resourceName = version === undefined ? component : `${component}@${version}`;
    return {
      issueType: 'build',
      scope: { resourceType: 'component', resourceName },
      severity: 'major',
      name: `Build of ${resourceName}`,
      labels: { ...facts, lifecycle: 'production' },
    };
  }
  const number = pullRequestOf(run);
  if (number === undefined) {
    return { skipped: 'builds a merge queue without a pull request number' };
  }
  return {
    issueType: 'build',
    scope: { resourceType: 'pullrequest', resourceName: `${component}#${number}` },
    severity: 'minor',
    name: `Build of ${component} for pull request #${number}`,
    labels: { ...facts, lifecycle: 'development', origin: originOf(run) },
  };
}

function typeOf({ metadata: { labels } }: PipelineRun): string | undefined {
  return labels['pipelines.appstudio.openshift.io/type'] ?? labels['pipelines.konflux-ci.dev/type'];
}

function componentOf({ metadata: { labels } }: PipelineRun): string | undefined {
  return labels['appstudio.openshift.io/component'] ?? labels['build.konflux-ci.dev/component'];
}

/** The name that runs of one pipeline share: the label `tekton.dev/pipeline` is the run's own with a resolver. */
export function pipelineName(run: PipelineRun): string {
  const { name, generateName } = run.metadata;
  const component = componentOf(run);
  const type = typeOf(run);
  return (
    pac(run, 'original-prname') ??
    run.spec.pipelineRef?.name ??
    (component !== undefined && type !== undefined ? `${component}-${type}` : undefined) ??
    generateName?.replace(/-$/, '') ??
    name
  );
}

function isPush(run: PipelineRun): boolean {
  if (pac(run, 'source-branch')?.startsWith('gh-readonly-queue/') === true) {
    return false;
  }
  const eventType = pac(run, 'event-type')?.toLowerCase();
  return pac(run, 'pull-request') === undefined || eventType === 'push' || eventType === 'incoming';
}

/** A merge queue's branch names the pull request that it would merge: `gh-readonly-queue/main/pr-12-SHA`. */
export function pullRequestOf(run: PipelineRun): string | undefined {
  const { labels, annotations } = run.metadata;
  return (
    pac(run, 'pull-request') ??
    annotations['build.appstudio.redhat.com/pull_request_number'] ??
    labels['build.konflux-ci.dev/pull_request_number'] ??
    /^gh-readonly-queue\/.*\/pr-(\d+)-/.exec(pac(run, 'source-branch') ?? '')?.[1]
  );
}

function originOf(run: PipelineRun): string | undefined {
  const branch = pac(run, 'source-branch') ?? '';
  if (/^konflux\/(mintmaker|references|references-replacement)\//.test(branch)) {
    return 'mintmaker';
  }
  return branch.startsWith('konflux/component-updates/') ? 'nudge' : undefined;
}

/** A word of Pipelines-as-Code, which it writes as a label, an annotation or both. */
export function pac({ metadata: { labels, annotations } }: PipelineRun, word: string): string | undefined {
  const key = `pipelinesascode.tekton.dev/${word}`;
  return labels[key] ?? annotations[key];
}
