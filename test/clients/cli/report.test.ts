/** `kite report fail|pass`: what a CI job says of itself, once however often it is sent. */
import { describe, expect, it, test } from 'vitest';
import { freshNamespace } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';
import { useFront } from './front.ts';
import { useProgram } from './kite.ts';

const program = useProgram();
const kite = useKite();
const front = useFront(() => kite.server.url);

type Environment = Readonly<Record<string, string>>;
const environment = (namespace: string, more: Environment = {}): Environment => ({
  KITE_URL: kite.server.url,
  KITE_NAMESPACE: namespace,
  ...more,
});
async function report(namespace: string, args: readonly string[], env: Environment = {}, input?: string) {
  const options = { env: environment(namespace, env), ...(input !== undefined && { input }) };
  return program.run(['report', ...args], options);
}
async function onlyIssue(namespace: string) {
  const { data } = await kite.list({ namespace });
  expect(data).toHaveLength(1);
  return kite.issue(data[0]?.id ?? '');
}

describe('a report', () => {
  it('opens an issue, counts once by its run, and a pass closes it', async () => {
    const namespace = freshNamespace();
    const fail = ['fail', '--pipeline', 'checkout@main', '--run', 'run-1', '--reason', 'unit tests failed'];
    const first = await report(namespace, [...fail, '--log-url', 'https://ci.example/1']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const issue = await onlyIssue(namespace);
    expect(first.stdout).toBe(
      `opened: pipelinerun/checkout@main in ${namespace} (a new issue), issue ${issue.id}\n`,
    );
    expect(issue).toMatchObject({
      title: 'Pipeline run failed: checkout@main',
      description: 'The pipeline run checkout@main failed with reason: unit tests failed',
      severity: 'major',
      issueType: 'pipeline',
      state: 'ACTIVE',
      scope: { resourceType: 'pipelinerun', resourceName: 'checkout@main' },
    });
    expect(issue.links).toMatchObject([{ title: 'Log', url: 'https://ci.example/1' }]);
    expect((await report(namespace, fail)).stdout).toMatch(/^duplicate: /);
    const passed = await report(namespace, [
      'pass',
      '--pipeline',
      'checkout@main',
      '--run',
      'run-2',
      '-o',
      'json',
    ]);
    expect(JSON.parse(passed.stdout)).toEqual({
      status: 'resolved',
      issueId: issue.id,
      eventId: 'run-2/passing',
    });
    expect(await onlyIssue(namespace)).toMatchObject({ state: 'RESOLVED', occurrences: 1 });
  });

  it('warns where a duplicate says another outcome than the issue is in, and takes the try that is named', async () => {
    const namespace = freshNamespace();
    const told = (outcome: string, ...more: string[]) =>
      report(namespace, [outcome, '--pipeline', 'checkout', '--run', 'run-1', ...more]);
    await told('fail');
    await told('pass');
    const third = await told('fail');
    expect(third).toMatchObject({ code: 0, stdout: expect.stringMatching(/^duplicate: /) });
    expect(third.stderr).toBe(
      'Kite has this report of this run already, so nothing changed, and the issue is RESOLVED. Was the run tried again? Say --attempt N\n',
    );
    expect(await told('fail', '--attempt', '2')).toMatchObject({
      stdout: expect.stringMatching(/^reopened: /),
      stderr: '',
    });
  });

  it('is of the same pipeline as a webhook', async () => {
    const namespace = freshNamespace();
    await kite.failure('pipeline-failure', { namespace, pipelineName: 'checkout', failureReason: 'x' });
    expect((await report(namespace, ['pass', '--pipeline', 'checkout'])).stdout).toMatch(/^resolved: /);
  });

  it('says all that can be said', async () => {
    const namespace = freshNamespace();
    const seen = new Date(Date.now() - 3_600_000).toISOString();
    const said = await report(namespace, [
      ...[
        'fail',
        '-r',
        'Snapshot',
        '--resource-name',
        'shop-1',
        '-t',
        'test',
        '-s',
        'critical',
        '--run',
        'run-7',
      ],
      ...[
        '--title',
        'Smoke test',
        '--application',
        'shop',
        '--component',
        'api',
        '--label',
        'lifecycle=production',
      ],
      ...['--label', 'team=a=b', '--observed-at', seen, '--run-created-at', '2h', '--source', 'ci/own'],
      ...['--event-id', 'event-1', '--cluster', 'east'],
    ]);
    expect(said.code).toBe(0);
    const issue = await onlyIssue(namespace);
    expect(issue).toMatchObject({
      ...{ title: 'Smoke test', description: 'The test of snapshot shop-1 failed.', severity: 'critical' },
      ...{
        issueType: 'test',
        cluster: 'east',
        application: 'shop',
        component: 'api',
        lifecycle: 'production',
      },
      ...{ scope: { resourceType: 'snapshot', resourceName: 'shop-1' }, lastSeenAt: seen, links: [] },
      labels: { application: 'shop', component: 'api', lifecycle: 'production', team: 'a=b' },
    });
    const [event] = await kite.events(issue.id);
    expect(event).toMatchObject({ source: 'ci/own', eventId: 'event-1', run: { name: 'run-7' } });
    expect(Date.parse(event?.subjectCreatedAt ?? '')).toBeLessThan(Date.parse(seen));
  });

  it('is about a component or an application where nothing else is named', async () => {
    const namespace = freshNamespace();
    const args = ['fail', '--component', 'api', '--application', 'shop', '-t', 'build'];
    expect((await report(namespace, args)).stdout).toMatch(/^opened: component\/api /);
    expect(await onlyIssue(namespace)).toMatchObject({ title: 'Build failed: api', application: 'shop' });
    expect((await report(namespace, ['fail', '--application', 'shop', '-t', 'release'])).stdout).toMatch(
      /^opened: application\/shop /,
    );
  });

  it('takes the end of a log from standard input, without what a terminal would do', async () => {
    const namespace = freshNamespace();
    const log = `${'é line\n'.repeat(20_000)}\u001b[31mError:\u001b[0m it\u0000 broke 💥\r\n`;
    const said = await report(namespace, ['fail', '--pipeline', 'p', '--reason', '-'], {}, log);
    expect(said).toMatchObject({ code: 0, stderr: '' });
    const { description } = await onlyIssue(namespace);
    expect(description).toMatch(/^The pipeline run p failed with reason:\n\(the beginning is cut off\) …\n/);
    expect(description).toMatch(/\né line\nError: it broke 💥$/);
    expect(description).not.toContain('�');
    const blank = await report(namespace, ['fail', '--pipeline', 'p', '--reason', '-'], {}, ' \n');
    expect(blank.code).toBe(0);
    expect((await onlyIssue(namespace)).description).toBe('The pipeline run p failed.');
  });

  it('counts once when its answer is lost', async () => {
    const namespace = freshNamespace();
    front.fate = (before) => (before === 0 ? 'lose' : 'answer');
    const said = await report(namespace, ['fail', '--pipeline', 'p'], { KITE_URL: front.url });
    expect(said.code).toBe(0);
    expect(said.stdout).toMatch(/^duplicate: /);
    expect(front.came.map(({ what }) => what).filter((what) => what.startsWith('POST'))).toEqual([
      'POST /api/v1/reports',
      'POST /api/v1/reports',
    ]);
    expect(front.came[0]?.body).toBe(front.came[1]?.body);
    expect(await onlyIssue(namespace)).toMatchObject({ occurrences: 1 });
  });
});

describe('in a CI', () => {
  const gitlab = {
    GITLAB_CI: 'true',
    CI_PIPELINE_ID: '4711',
    CI_JOB_ID: '1',
    CI_PIPELINE_URL: 'https://gitlab.example/group/checkout/-/pipelines/4711',
    CI_PIPELINE_CREATED_AT: new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z$/, 'Z'),
  };

  it('of GitLab the run, its log and its beginning are known, and each try counts', async () => {
    const namespace = freshNamespace();
    const say = async (word: string, env: Environment) =>
      (await report(namespace, [word, '--pipeline', 'checkout'], { ...gitlab, ...env })).stdout.split(':')[0];
    expect(await say('failed', {})).toBe('opened');
    expect(await say('failed', {})).toBe('duplicate');
    expect(await say('success', { CI_JOB_ID: '2' })).toBe('resolved');
    expect(await say('failed', { CI_JOB_ID: '3' })).toBe('reopened');
    const issue = await onlyIssue(namespace);
    expect(issue.links).toMatchObject([{ url: gitlab.CI_PIPELINE_URL }]);
    expect((await kite.list({ namespace, pipelineRun: '4711' })).total).toBe(1);
    const [event] = await kite.events(issue.id);
    expect(event).toMatchObject({
      source: 'ci/gitlab',
      eventId: '4711/3/failing',
      run: { name: '4711' },
      subjectCreatedAt: gitlab.CI_PIPELINE_CREATED_AT.replace('Z', '.000Z'),
    });
    // An older pipeline that ends later says nothing of what is newer.
    const old = {
      CI_PIPELINE_ID: '4710',
      CI_PIPELINE_CREATED_AT: new Date(Date.now() - 600_000).toISOString(),
    };
    expect(await say('success', old)).toBe('recorded');
    expect(await onlyIssue(namespace)).toMatchObject({ state: 'ACTIVE' });
  });

  it('another run than its own has not its beginning', async () => {
    const namespace = freshNamespace();
    await report(namespace, ['fail', '--pipeline', 'checkout', '--run', 'child-1'], gitlab);
    const [event] = await kite.events((await onlyIssue(namespace)).id);
    expect(event).toMatchObject({ run: { name: 'child-1' }, subjectCreatedAt: null });
  });

  it('of GitHub the run, its try and its log are known', async () => {
    const namespace = freshNamespace();
    const github = {
      ...{
        GITHUB_ACTIONS: 'true',
        GITHUB_SERVER_URL: 'https://github.example',
        GITHUB_REPOSITORY: 'org/checkout',
      },
      ...{ GITHUB_RUN_ID: '99', GITHUB_RUN_ATTEMPT: '2' },
    };
    await report(namespace, ['failure', '--pipeline', 'checkout'], github);
    const issue = await onlyIssue(namespace);
    expect(issue.links).toMatchObject([{ url: 'https://github.example/org/checkout/actions/runs/99' }]);
    const [event] = await kite.events(issue.id);
    expect(event).toMatchObject({ source: 'ci/github', eventId: '99/2/failing', run: { name: '99' } });
  });

  it.each(['cancelled', 'canceled', 'skipped', 'None'])(
    '%s is neither, and reports nothing',
    async (word) => {
      const namespace = freshNamespace();
      const before = await kite.stored();
      const said = await report(namespace, [word, '--pipeline', 'p'], gitlab);
      expect(said).toMatchObject({
        code: 0,
        stdout: '',
        stderr: expect.stringContaining('nothing is reported'),
      });
      expect((await report(namespace, [word, '--pipeline', 'p', '-o', 'json'])).stdout).toBe('null\n');
      expect(await kite.stored()).toBe(before);
    },
  );
});

test.each([
  [[], /did it fail or pass/],
  [['broken', '--pipeline', 'p'], /"broken" is no outcome: say fail or pass/],
  [['fail'], /what is it about\? Say --pipeline/],
  [['fail', '--pipeline', ' '], /is blank/],
  [['fail', '--component', 'api'], /Say --type/],
  [['fail', '--resource-type', 'snapshot'], /belong together/],
  [['fail', '--pipeline', 'p', '-r', 'snapshot', '--resource-name', 's'], /two things/],
  [['fail', '--pipeline', 'p', '--log-url', 'javascript:alert(1)'], /no http or https address/],
  [['fail', '--pipeline', 'p', '-s', 'grave'], /none of info, minor, major, critical/],
  [['fail', '--pipeline', 'p', '--label', 'novalue'], /no label/],
  [['fail', '--pipeline', 'p', '--observed-at', 'tomorrow'], /no time/],
  [['fail', '--pipeline', 'p', '-n', 'a,b'], /of one namespace/],
  [['fail', '--file', 'x'], /leave it out/],
  [['fail', '--pipeline', 'p', '-o', 'junit'], /-o takes table, json, yaml/],
])('%j is a mistake of the command line', async (args, sentence) => {
  const before = await kite.stored();
  const said = await report('any-tenant', args);
  expect(said).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(sentence) });
  expect(said.stderr.split('\n')).toHaveLength(2);
  expect(await kite.stored()).toBe(before);
});

test('what Kite rejects is told by its fields, and nobody who answers is told as such', async () => {
  const rejected = await report('any-tenant', ['fail', '--pipeline', 'p'.repeat(501)]);
  expect(rejected).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringContaining('scope.resourceName'),
  });
  const nobody = await report('any-tenant', ['fail', '--pipeline', 'p'], { KITE_URL: 'http://127.0.0.1:1' });
  expect(nobody).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringContaining('connection refused'),
  });
});
