/** `kite check`: a gate that tells broken from good, and both from unknown. */
import { describe, expect, it, test } from 'vitest';
import { component, failing, freshNamespace, passing } from '../../support/bodies.ts';
import { useGuarded } from '../../support/guarded.ts';
import { useKite } from '../../support/kite.ts';
import { useFront } from './front.ts';
import { ended, useProgram } from './kite.ts';

const program = useProgram();
const kite = useKite();
const front = useFront(() => kite.server.url);
const guarded = useGuarded();

type Environment = Readonly<Record<string, string>>;
const environment = (namespace: string, more: Environment = {}): Environment => ({
  KITE_URL: kite.server.url,
  KITE_NAMESPACE: namespace,
  ...more,
});
const check = (namespace: string, args: readonly string[], env: Environment = {}) =>
  program.run(['check', ...args], { env: environment(namespace, env) });

describe('a run', () => {
  it('that reported a failure is found, with its evidence, until it is mended', async () => {
    const namespace = freshNamespace();
    const links = [{ title: 'Log', url: 'https://ci.example/1' }];
    await kite.reports([
      failing(namespace, 0, { ...component('broken'), runId: 'run-1', links }),
      passing(namespace, 0, { ...component('calm'), runId: 'run-1' }),
      failing(namespace, 0, { ...component('of another run'), runId: 'run-2' }),
    ]);
    const found = await check(namespace, ['--pipeline-run', 'run-1']);
    expect(found).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^ID .* EVIDENCE\n.*component\/broken.*https:\/\/ci\.example\/1\n$/),
      stderr: `1 active issue of run run-1 in ${namespace}; 1 reported as passing.\n`,
    });
    await kite.reports([passing(namespace, 60, { ...component('broken'), runId: 'run-3' })]);
    expect(await check(namespace, ['--pipeline-run', 'run-1'])).toEqual({
      code: 0,
      stdout: '',
      stderr: `No active issues of run run-1 in ${namespace}; 1 reported as passing.\n`,
    });
  });

  it('that only passed is known, though no issue tells of it', async () => {
    const namespace = freshNamespace();
    await kite.success('pipeline-success', { namespace, pipelineName: 'calm', runId: 'run-1' });
    expect(await check(namespace, ['--pipeline-run', 'run-1', '--wait', '5m'])).toMatchObject({ code: 0 });
  });

  it('of which nobody has said anything is unknown', async () => {
    const namespace = freshNamespace();
    const said = await check(namespace, ['--pipeline-run', 'run-9']);
    expect(said).toEqual({
      code: 3,
      stdout: '',
      stderr: `kite: nothing has been reported of run run-9 in ${namespace}, so it is not known whether it passed. --wait 5m waits for the first report\n`,
    });
    const waited = await check(namespace, ['--pipeline-run', 'run-9', '--wait', '1s', '-o', 'json']);
    expect(waited).toMatchObject({ code: 3, stdout: '' });
    expect(waited.stderr).toBe(
      `Waiting 1s at most for the first report of run run-9\nkite: nothing has been reported of run run-9 in ${namespace} within 1s, so it is not known whether it passed\n`,
    );
  });

  it.each([
    ['failing', 1],
    ['passing', 0],
  ] as const)('is waited for, and %s when it comes is exit code %i', async (outcome, code) => {
    const namespace = freshNamespace();
    const child = program.start(['check', '--pipeline-run', 'run-1', '--wait', '10m'], {
      env: environment(namespace),
    });
    const end = ended(child);
    await new Promise<void>((resolve) => child.stderr?.once('data', () => resolve()));
    const report = outcome === 'failing' ? failing : passing;
    await kite.reports([report(namespace, 0, { runId: 'run-1' })]);
    expect(await end).toMatchObject({ code });
  });

  it('is waited for while the server is away', async () => {
    const namespace = freshNamespace();
    front.fate = (before) => (before === 0 || before > 4 ? 'answer' : 'away');
    const child = program.start(['check', '--pipeline-run', 'run-1', '--wait', '10m'], {
      env: environment(namespace, { KITE_URL: front.url }),
    });
    const end = ended(child);
    await new Promise<void>((resolve) => child.stderr?.once('data', () => resolve()));
    await kite.reports([passing(namespace, 0, { runId: 'run-1' })]);
    const { code, stderr } = await end;
    expect(stderr).toMatch(/^Waiting 10m .*\nKite does not answer \(.*503.*\); waiting on\n/);
    expect(code).toBe(0);
  });

  it('with more reports than a page holds is read to its end', async () => {
    const namespace = freshNamespace();
    const reports = Array.from({ length: 1100 }, (_, index) =>
      passing(namespace, 0, { ...component(`part-${index}`), runId: 'run-1' }),
    );
    for (let first = 0; first < reports.length; first += 500) {
      await kite.reports(reports.slice(first, first + 500));
    }
    const { stderr } = await check(namespace, ['--pipeline-run', 'run-1']);
    expect(stderr).toContain('1100 reported as passing');
  });
});

test('filters narrow what is found', async () => {
  const namespace = freshNamespace();
  const labels = { application: 'shop' };
  await kite.reports([
    failing(namespace, 0, { ...component('api'), labels, severity: 'minor', issueType: 'test' }),
    failing(namespace, 0, { ...component('web'), labels, severity: 'major' }),
    failing(namespace, 0, { ...component('other') }),
  ]);
  const found = async (...args: string[]) => {
    const said = await check(namespace, [...args, '-o', 'json']);
    const issues = JSON.parse(said.stdout) as { scope: { resourceName: string } }[];
    return [said.code, ...issues.map(({ scope }) => scope.resourceName).toSorted()];
  };
  expect(await found('--application', 'shop')).toEqual([1, 'api', 'web']);
  expect(await found('--application', 'shop', '--severity', 'critical,major')).toEqual([1, 'web']);
  expect(await found('--application', 'shop', '-s', 'critical')).toEqual([0]);
  expect(await found('--application', 'shop', '-t', 'test')).toEqual([1, 'api']);
  expect(await found('--component', 'other')).toEqual([1, 'other']);
  expect(await found('--resource-type', 'component', '--resource-name', 'web')).toEqual([1, 'web']);
  expect(await found('--application', 'nobody')).toEqual([0]);
  const yaml = await check(namespace, ['--component', 'other', '-o', 'yaml']);
  expect(yaml).toMatchObject({ code: 1, stderr: '', stdout: expect.stringMatching(/^- id: /) });
});

test.each([
  [[], /check what\?/],
  [['--severity', 'major'], /check what\?/],
  [['--application', ''], /an empty name checks nothing/],
  [['--pipeline-run', '', '--application', 'shop'], /an empty name checks nothing/],
  [['--application', 'shop', '--wait', '5m'], /say --pipeline-run as well/],
  [['--pipeline-run', 'x', '--wait', 'long'], /no duration/],
  [['--pipeline-run', 'x', '--wait', '2d'], /at most a day/],
  [['--pipeline-run', 'x', '--severity', 'grave'], /none of info, minor, major, critical/],
  [['--pipeline-run', 'x', '-o', 'html'], /-o takes table, json, yaml, junit, markdown/],
])('%j is a mistake of the command line', async (args, sentence) => {
  const said = await check('any-tenant', args);
  expect(said).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(sentence) });
});

test('what cannot be asked is neither good nor bad', async () => {
  const nobody = { KITE_URL: 'http://127.0.0.1:1' };
  const args = ['--pipeline-run', 'run-1', '--wait', '10m'];
  expect(await check('any-tenant', args, nobody)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('connection refused'),
  });
  const url = { KITE_URL: guarded.server.url };
  expect(await check('team-a', args, url)).toMatchObject({ code: 3, stdout: '' });
  const KITE_TOKEN = await guarded.key({ namespaces: ['team-b'], may: ['read', 'report'] });
  const stranger = await check('team-a', args, { ...url, KITE_TOKEN });
  expect(stranger).toMatchObject({ code: 3, stderr: expect.stringContaining('you may not do this') });
  const reporter = await guarded.key({ namespaces: ['team-a'], may: ['report'] });
  expect((await check('team-a', ['--application', 'shop'], { ...url, KITE_TOKEN: reporter })).code).toBe(3);
});
