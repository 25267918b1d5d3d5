import { describe, expect, it } from 'vitest';
import { observe } from '../../../../operator/controllers/pipelinerun/observe.ts';
import { received, told } from '../wire.ts';
import { aRun, later, newer, type Parts, pac, pushLabels, settings } from './objects.ts';

function look(parts: Parts, given = settings()) {
  const object = aRun({ status: 'False', reason: 'Failed', ...parts });
  const observation = observe({ object, isDeleted: false }, [], given, later);
  const [report] = received(observation, later);
  return { told: observation.reports.map(told), reason: observation.reason, report };
}

const { 'pipelinesascode.tekton.dev/event-type': _push, ...build } = pushLabels;
const pullRequest = { ...build, [`${pac}/event-type`]: 'pull_request', [`${pac}/pull-request`]: '214' };
const noType = { [`${pac}/event-type`]: 'push', [`${pac}/original-prname`]: 'e2e' };

/** [what it is, labels, annotations, scope, severity] */
type Row = [string, Record<string, string>, Record<string, string>, string, string];

const rows: Row[] = [
  ['a push', pushLabels, {}, 'build component/checkout-api', 'major'],
  [
    'a push, as GitLab says it',
    { ...pullRequest, [`${pac}/event-type`]: 'Push' },
    {},
    'build component/checkout-api',
    'major',
  ],
  [
    'an incoming call',
    { ...pullRequest, [`${pac}/event-type`]: 'incoming' },
    {},
    'build component/checkout-api',
    'major',
  ],
  ['no pull request’s', build, {}, 'build component/checkout-api', 'major'],
  ['one of several versions', newer, {}, 'build component/billing-core@v2', 'major'],
  ['a pull request', pullRequest, {}, 'build pullrequest/checkout-api#214', 'minor'],
  [
    'a pull request by annotations',
    build,
    { [`${pac}/pull-request`]: '3', [`${pac}/event-type`]: 'Merge_Request' },
    'build pullrequest/checkout-api#3',
    'minor',
  ],
  [
    'a merge request',
    { ...pullRequest, [`${pac}/event-type`]: 'Merge Request' },
    {},
    'build pullrequest/checkout-api#214',
    'minor',
  ],
  [
    'a comment that asks again',
    { ...pullRequest, [`${pac}/event-type`]: 'retest-all-comment' },
    {},
    'build pullrequest/checkout-api#214',
    'minor',
  ],
  [
    'a merge queue',
    pushLabels,
    { [`${pac}/source-branch`]: 'gh-readonly-queue/main/pr-12-65c936aa' },
    'build pullrequest/checkout-api#12',
    'minor',
  ],
  [
    'a build of no component',
    { 'pipelines.appstudio.openshift.io/type': 'build' },
    { [`${pac}/original-prname`]: 'site' },
    'build pipelinerun/site',
    'major',
  ],
  ['no type', {}, {}, 'pipeline pipelinerun/checkout-api-on-push', 'major'],
  [
    'no type, on a branch',
    noType,
    { [`${pac}/branch`]: 'refs/heads/release-1' },
    'pipeline pipelinerun/e2e@release-1',
    'major',
  ],
  [
    'no type, of a pull request',
    { ...noType, [`${pac}/event-type`]: 'pull_request', [`${pac}/pull-request`]: '5' },
    { [`${pac}/branch`]: 'main' },
    'pipeline pipelinerun/e2e#5',
    'major',
  ],
];

describe('the issue that a run belongs to', () => {
  it.each(rows)('%s', (_what, labels, annotations, scope, severity) => {
    const { told: lines, report } = look({ labels, annotations });
    expect(lines).toEqual([`failing ${scope}`]);
    expect(report?.failure?.severity).toBe(severity);
  });

  it.each<[string, Parts, string]>([
    [
      'the label of Pipelines-as-Code',
      { labels: { [`${pac}/original-prname`]: 'a' }, spec: { pipelineRef: { name: 'b' } } },
      'a',
    ],
    ['its annotation', { labels: {}, annotations: { [`${pac}/original-prname`]: 'a' } }, 'a'],
    [
      'the pipeline',
      { labels: { 'appstudio.openshift.io/component': 'c' }, spec: { pipelineRef: { name: 'b' } } },
      'b',
    ],
    [
      'component and type',
      { labels: { 'appstudio.openshift.io/component': 'c', 'pipelines.appstudio.openshift.io/type': 'odd' } },
      'c-odd',
    ],
    ['the stem of generated names', { labels: {} }, 'checkout-api-on-push'],
    [
      'its name',
      { labels: { 'tekton.dev/pipeline': 'no' }, metadata: { name: 'db-backup', generateName: undefined } },
      'db-backup',
    ],
    [
      'what is not blank',
      { labels: { [`${pac}/original-prname`]: ' ' }, spec: { pipelineRef: { name: 'b' } } },
      'b',
    ],
  ])('names its pipeline by %s', (_by, parts, name) => {
    expect(look(parts).told).toEqual([`failing pipeline pipelinerun/${name}`]);
  });

  it('is one for a thousand runs of one pipeline', () => {
    const scopes = Array.from({ length: 1000 }, (_, index) =>
      look({
        labels: {},
        metadata: { name: `checkout-api-on-push-${index}`, uid: `uid-${index}` },
      }).told.join(),
    );
    expect(new Set(scopes).size).toBe(1);
  });

  it.each([
    ['test', 'is an integration test, which its Snapshot reports'],
    ...['tenant', 'managed', 'final', 'tenant-collectors', 'managed-collectors'].map((type) => [
      type,
      'is part of a release, which its Release reports',
    ]),
  ])('is nobody’s here of type %s', (type, reason) => {
    for (const key of ['pipelines.appstudio.openshift.io/type', 'pipelines.konflux-ci.dev/type']) {
      expect(look({ labels: { [key]: type } })).toMatchObject({ told: [], reason });
    }
  });

  it('is nobody’s here of a release without a type', () => {
    const { told: lines, reason } = look({ labels: { 'release.appstudio.openshift.io/name': 'r1' } });
    expect([lines, reason]).toEqual([[], 'is part of a release, which its Release reports']);
  });

  it('cannot be told of a merge queue whose branch names no pull request', () => {
    const { told: lines, reason } = look({
      annotations: { [`${pac}/source-branch`]: 'gh-readonly-queue/main/odd' },
    });
    expect([lines, reason]).toEqual([[], 'builds a merge queue without a pull request number']);
  });
});

describe('a run of MintMaker', () => {
  const labels = {
    'mintmaker.appstudio.redhat.com/namespace': 'team-falcon-tenant',
    'mintmaker.appstudio.redhat.com/application': 'checkout',
    'mintmaker.appstudio.redhat.com/component': 'checkout-api',
    'mintmaker.appstudio.redhat.com/git-host': 'github.com',
    'mintmaker.appstudio.redhat.com/repository': 'falcon-labs_checkout-api',
    'mintmaker.appstudio.redhat.com/branch': 'main',
    'mintmaker.appstudio.redhat.com/repo-branch-hash': '0f0f',
  };
  const metadata = { namespace: 'mintmaker', name: 'renovate-1', generateName: 'renovate-' };

  it('is told to the tenant that it belongs to, by the log analyzer’s name', () => {
    const { told: lines, report } = look({ labels, metadata });
    expect(lines).toEqual(['failing pipeline pipelinerun/github.com/falcon-labs_checkout-api@main']);
    expect(report).toMatchObject({
      identity: { namespace: 'team-falcon-tenant', scope: { resourceNamespace: 'team-falcon-tenant' } },
      labels: { origin: 'mintmaker', application: 'checkout', component: 'checkout-api', branch: 'main' },
      failure: { severity: 'minor' },
    });
  });

  it('is not told where the log analyzer tells it', () => {
    expect(look({ labels, metadata }, settings({ logAnalyzer: true }))).toMatchObject({
      told: [],
      reason: 'is a run of MintMaker, which its log analyzer reports',
    });
  });
});

describe('an integration test where no Snapshot controller runs', () => {
  const labels = {
    'appstudio.openshift.io/application': 'checkout',
    'appstudio.openshift.io/component': 'checkout-api',
    'appstudio.openshift.io/snapshot': 'checkout-snapshot-1',
    'pipelines.appstudio.openshift.io/type': 'test',
    'test.appstudio.openshift.io/scenario': 'smoke',
  };
  const alone = settings({ snapshotController: false });
  const copied = 'pac.test.appstudio.openshift.io';

  it.each<[string, Record<string, string>, Record<string, string>, string, string]>([
    ['after a push', {}, {}, 'test integrationtestscenario/smoke/checkout-api', 'major'],
    [
      'that is optional',
      { 'test.appstudio.openshift.io/optional': 'true' },
      {},
      'test integrationtestscenario/smoke/checkout-api',
      'info',
    ],
    [
      'of a pull request',
      { [`${copied}/pull-request`]: '7' },
      { [`${copied}/event-type`]: 'pull_request' },
      'test integrationtestscenario/smoke/checkout-api#7',
      'minor',
    ],
  ])('%s', (_what, more, annotations, scope, severity) => {
    const { told: lines, report } = look({ labels: { ...labels, ...more }, annotations }, alone);
    expect(lines).toEqual([`failing ${scope}`]);
    expect(report?.failure?.severity).toBe(severity);
    expect(report?.labels).toMatchObject({ scenario: 'smoke', snapshot: 'checkout-snapshot-1' });
    expect(report?.failure?.links.map(({ url }) => url)).toContain(
      'https://console.example/ns/team-falcon-tenant/applications/checkout/snapshots/checkout-snapshot-1',
    );
  });

  it('is one issue for each application where there is no component', () => {
    const { 'appstudio.openshift.io/component': _component, ...rest } = labels;
    expect(look({ labels: rest }, alone).told).toEqual([
      'failing test integrationtestscenario/smoke/checkout',
    ]);
  });
});
