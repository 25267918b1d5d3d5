import type { IssueType, Severity } from '../../../core/domain/report.ts';
import { firstWord, pacWord, type Run, word } from './run.ts';
import type { PipelineRunSettings } from './settings.ts';

/** Which issue the outcome of a run belongs to. */
export interface RunSubject {
  readonly namespace: string;
  readonly issueType: IssueType;
  readonly resourceType: string;
  /** Carries all that the runs must share of which a newer one may clear what an older one showed. */
  readonly resourceName: string;
  /** Of an ordinary failure. */
  readonly severity: Severity;
  /** As a title begins. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string | undefined>>;
}

const appstudio = 'appstudio.openshift.io/';
const newerBuild = 'build.konflux-ci.dev/';
const mintmaker = 'mintmaker.appstudio.redhat.com/';

/** Which issue a run's outcome belongs to; or, following the run's name, why it belongs to none here. */
export function subjectOf(
  run: Run,
  settings: PipelineRunSettings,
): RunSubject | { readonly skipped: string } {
  const { namespace } = run.metadata;
  if (run.kind !== undefined && run.kind !== 'PipelineRun') {
    return { skipped: `is a ${run.kind}, not a PipelineRun` };
  }
  if (namespace === undefined || run.metadata.name === undefined) {
    return { skipped: 'has no name and namespace' };
  }
  const type = firstWord(run, 'pipelines.appstudio.openshift.io/type', 'pipelines.konflux-ci.dev/type');
  if (type === 'test') {
    return settings.snapshotController
      ? { skipped: 'is an integration test, which its Snapshot reports' }
      : testSubject(run, namespace);
  }
  if (
    /^(tenant|managed|final)(-collectors)?$/.test(type ?? '') ||
    (type === undefined && word(run, 'release.appstudio.openshift.io/name') !== undefined)
  ) {
    return { skipped: 'is part of a release, which its Release reports' };
  }
  const tenant = word(run, `${mintmaker}namespace`);
  if (tenant !== undefined) {
    return settings.logAnalyzer
      ? { skipped: 'is a run of MintMaker, which its log analyzer reports' }
      : mintmakerSubject(run, tenant);
  }
  return type === 'build' ? buildSubject(run, namespace) : pipelineSubject(run, namespace, 'pipeline');
}

function buildSubject(run: Run, namespace: string): RunSubject | { readonly skipped: string } {
  const component = componentOf(run);
  if (component === undefined) {
    return pipelineSubject(run, namespace, 'build');
  }
  if (isPush(run)) {
    const version = word(run, `${newerBuild}version`);
    const resourceName = version === undefined ? component : `${component}@${version}`;
    return {
      namespace,
      issueType: 'build',
      resourceType: 'component',
      resourceName,
      severity: 'major',
      name: `Build of ${resourceName}`,
      labels: { ...factsOf(run), lifecycle: 'production' },
    };
  }
  const number = pullRequestOf(run);
  if (number === undefined) {
    return { skipped: 'builds a merge queue without a pull request number' };
  }
  return {
    namespace,
    issueType: 'build',
    resourceType: 'pullrequest',
    resourceName: `${component}#${number}`,
    severity: 'minor',
    name: `Build of ${component} for pull request #${number}`,
    labels: { ...factsOf(run), lifecycle: 'development' },
  };
}

/** A run that builds no component: its pipeline, on a branch or for a pull request where it has one. */
function pipelineSubject(run: Run, namespace: string, issueType: IssueType): RunSubject {
  const identity = pipelineName(run);
  const branch = branchOf(run);
  const number = isPush(run) ? undefined : pullRequestOf(run);
  const isOnBranch = pacWord(run, 'original-prname') !== undefined && branch !== undefined;
  const [where, suffix] =
    number !== undefined
      ? [` for pull request #${number}`, `#${number}`]
      : isOnBranch
        ? [` on ${branch}`, `@${branch}`]
        : ['', ''];
  const lifecycle = isPush(run)
    ? pacWord(run, 'event-type') === undefined
      ? undefined
      : 'production'
    : 'development';
  return {
    namespace,
    issueType,
    resourceType: 'pipelinerun',
    resourceName: identity + suffix,
    severity: 'major',
    name: `Pipeline ${identity}${where}`,
    labels: { ...factsOf(run), lifecycle },
  };
}

/** One issue for each scenario and component (or application), and for each pull request. */
function testSubject(run: Run, namespace: string): RunSubject {
  const scenario = word(run, 'test.appstudio.openshift.io/scenario') ?? pipelineName(run);
  const facts = factsOf(run);
  const of = facts.component ?? facts.application;
  const number = isPush(run) ? undefined : pullRequestOf(run);
  const isOptional = word(run, 'test.appstudio.openshift.io/optional') === 'true';
  return {
    namespace,
    issueType: 'test',
    resourceType: 'integrationtestscenario',
    resourceName:
      [scenario, ...(of === undefined ? [] : [of])].join('/') + (number === undefined ? '' : `#${number}`),
    severity: isOptional ? 'info' : number === undefined ? 'major' : 'minor',
    name: `Test ${scenario}${of === undefined ? '' : ` of ${of}`}${number === undefined ? '' : ` for pull request #${number}`}`,
    labels: { ...facts, scenario, lifecycle: number === undefined ? 'production' : 'development' },
  };
}

/** A run of MintMaker belongs to the tenant whose repository it updates, by the name that the log analyzer uses too. */
function mintmakerSubject(run: Run, namespace: string): RunSubject {
  const target = (key: string) => word(run, mintmaker + key);
  const [host, repository, branch] = [target('git-host'), target('repository'), target('branch')];
  const place = [host, repository].filter((one) => one !== undefined).join('/');
  const resourceName = place === '' ? pipelineName(run) : branch === undefined ? place : `${place}@${branch}`;
  return {
    namespace,
    issueType: 'pipeline',
    resourceType: 'pipelinerun',
    resourceName,
    severity: 'minor',
    name: `MintMaker for ${resourceName}`,
    labels: {
      application: target('application'),
      component: target('component'),
      branch,
      origin: 'mintmaker',
      lifecycle: 'development',
    },
  };
}

function factsOf(run: Run) {
  return {
    application: word(run, `${appstudio}application`),
    component: componentOf(run),
    version: word(run, `${newerBuild}version`),
    'component-group': word(run, `${appstudio}component-group`),
    service: word(run, `${appstudio}service`),
    snapshot: word(run, `${appstudio}snapshot`),
    branch: branchOf(run),
    commit: commitOf(run),
    'pull-request': isPush(run) ? undefined : pullRequestOf(run),
    origin: originOf(run),
  };
}

function componentOf(run: Run): string | undefined {
  return firstWord(run, `${appstudio}component`, `${newerBuild}component`);
}

/** The branch that is built, or that a pull request would change. */
function branchOf(run: Run): string | undefined {
  return (
    firstWord(run, 'build.appstudio.redhat.com/target_branch', `${newerBuild}target_branch`) ??
    pacWord(run, 'branch')?.replace(/^refs\/heads\//, '')
  );
}

export function commitOf(run: Run): string | undefined {
  return (
    firstWord(run, 'build.appstudio.redhat.com/commit_sha', `${newerBuild}commit_sha`) ?? pacWord(run, 'sha')
  );
}

/** The name that runs of one pipeline share: the label `tekton.dev/pipeline` is the run's own with a resolver. */
function pipelineName(run: Run): string {
  const { name = '(unnamed)', generateName } = run.metadata;
  const component = componentOf(run);
  const type = firstWord(run, 'pipelines.appstudio.openshift.io/type', 'pipelines.konflux-ci.dev/type');
  return (
    pacWord(run, 'original-prname') ??
    run.spec.pipelineRef.name ??
    (component !== undefined && type !== undefined ? `${component}-${type}` : undefined) ??
    generateName?.replace(/-+$/, '') ??
    name
  );
}

/** A run for a merge queue is one of its pull request, though it is pushed. */
function isPush(run: Run): boolean {
  if (pacWord(run, 'source-branch')?.startsWith('gh-readonly-queue/') === true) {
    return false;
  }
  const eventType = pacWord(run, 'event-type')?.toLowerCase();
  return pacWord(run, 'pull-request') === undefined || eventType === 'push' || eventType === 'incoming';
}

/** The number; a merge queue's branch names the pull request that it would merge: `gh-readonly-queue/main/pr-12-SHA`. */
export function pullRequestOf(run: Run): string | undefined {
  return (
    pacWord(run, 'pull-request') ??
    firstWord(run, 'build.appstudio.redhat.com/pull_request_number', `${newerBuild}pull_request_number`) ??
    /^gh-readonly-queue\/.*\/pr-(\d+)-/.exec(pacWord(run, 'source-branch') ?? '')?.[1]
  );
}

/** Which program made the change that the run is for. */
function originOf(run: Run): string | undefined {
  const branch = pacWord(run, 'source-branch') ?? '';
  if (/^konflux\/(mintmaker|references|references-replacement)\//.test(branch)) {
    return 'mintmaker';
  }
  if (
    branch.startsWith('konflux/component-updates/') ||
    word(run, 'build.appstudio.redhat.com/type') === 'nudge'
  ) {
    return 'nudge';
  }
  const component = componentOf(run);
  return component !== undefined && branch === `konflux-${component}` ? 'onboarding' : undefined;
}
