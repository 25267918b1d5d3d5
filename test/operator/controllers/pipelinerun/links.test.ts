import { describe, expect, it } from 'vitest';
import { observe } from '../../../../operator/controllers/pipelinerun/observe.ts';
import { received } from '../wire.ts';
import { aRun, aTaskRun, later, pac, pushLabels, settings } from './objects.ts';

function links(
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
  given = settings(),
) {
  const object = aRun({
    status: 'False',
    reason: 'Failed',
    labels: { ...pushLabels, ...labels },
    annotations,
  });
  const [report] = received(observe({ object, isDeleted: false }, [], given, later), later);
  return report?.failure?.links.map(({ title, url }) => `${title}: ${url}`) ?? [];
}

const page = 'https://console.example/ns/team-falcon-tenant/applications/checkout';
const run = 'checkout-api-on-push-4n8rk';

describe('the links of a failure', () => {
  it('begin with the log that Pipelines-as-Code knows', () => {
    const given = {
      [`${pac}/log-url`]: 'https://logs.example/1',
      [`${pac}/sha-url`]: 'https://github.com/falcon-labs/checkout-api/commit/65c936aa',
    };
    expect(links({}, given)).toEqual([
      'Pipeline Run Logs: https://logs.example/1',
      'Commit: https://github.com/falcon-labs/checkout-api/commit/65c936aa',
      `Pipeline run: ${page}/pipelineruns/${run}`,
    ]);
  });

  it('fall back on the console, below the application', () => {
    expect(links({}, {})).toEqual([`Pipeline Run Logs: ${page}/pipelineruns/${run}/logs`]);
    expect(links({ 'appstudio.openshift.io/application': '' }, {})).toEqual([]);
    const { consoleUrl: _none, ...without } = settings();
    expect(links({}, {}, without)).toEqual([]);
  });

  it('show the Snapshot and the Release of a run that has them', () => {
    const labels = {
      'appstudio.openshift.io/snapshot': 's1',
      'release.appstudio.openshift.io/name': 'r1',
      'release.appstudio.openshift.io/namespace': 'elsewhere',
    };
    expect(links(labels, {}).slice(1)).toEqual([
      `Snapshot: ${page}/snapshots/s1`,
      'Release: https://console.example/ns/elsewhere/applications/checkout/releases/r1',
    ]);
  });

  it.each([
    ['github', 'https://github.example/a/b', '/commit/65c936aa', '/pull/9'],
    [undefined, 'https://github.com/a/b', '/commit/65c936aa', '/pull/9'],
    ['gitlab', 'https://git.example/a/b', '/-/commit/65c936aa', '/-/merge_requests/9'],
    [undefined, 'https://gitlab.com/a/b', '/-/commit/65c936aa', '/-/merge_requests/9'],
    ['forgejo', 'https://git.example/a/b', '/commit/65c936aa', '/pulls/9'],
    ['bitbucket-cloud', 'https://bitbucket.org/a/b', '/commits/65c936aa', '/pull-requests/9'],
  ])('find commit and pull request of %s at %s', (provider, repository, commit, pull) => {
    const annotations = {
      [`${pac}/repo-url`]: `${repository}.git`,
      'build.appstudio.redhat.com/commit_sha': '65c936aa',
    };
    const labels = {
      [`${pac}/pull-request`]: '9',
      [`${pac}/event-type`]: 'pull_request',
      ...(provider === undefined ? {} : { [`${pac}/git-provider`]: provider }),
    };
    expect(links(labels, annotations).slice(1)).toEqual([
      `Commit: ${repository}${commit}`,
      `Pull request #9: ${repository}${pull}`,
    ]);
  });

  it.each(['javascript:alert(1)', 'https://', 'ftp://x', 'https://a b', `https://x/${'y'.repeat(3000)}`])(
    'leave out %.30s, and what would be below it',
    (url) => {
      const annotations = { [`${pac}/log-url`]: url, [`${pac}/sha-url`]: url, [`${pac}/repo-url`]: url };
      expect(links({ [`${pac}/sha`]: '1' }, annotations)).toEqual([
        `Pipeline Run Logs: ${page}/pipelineruns/${run}/logs`,
      ]);
    },
  );

  it('show the logs of the first five tasks that failed', () => {
    const tasks = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((task) => aTaskRun({ task }));
    const object = aRun({ status: 'False', reason: 'Failed' });
    const [report] = received(observe({ object, isDeleted: false }, tasks, settings(), later), later);
    const titles = report?.failure?.links.map(({ title }) => title) ?? [];
    expect(titles).toEqual([
      'Pipeline Run Logs',
      ...['a', 'b', 'c', 'd', 'e'].map((task) => `Logs of task ${task}`),
    ]);
  });
});
