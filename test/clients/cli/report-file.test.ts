/** `kite report --file`: many reports in as few requests as the API takes, none lost and none counted twice. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { mostBytes, mostReports } from '../../../clients/cli/report/batches.ts';
import { limits } from '../../../core/contract/fields.ts';
import { reportsBody } from '../../../core/contract/reports.ts';
import { component, freshNamespace } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';
import { useFront } from './front.ts';
import { useProgram } from './kite.ts';

const program = useProgram();
const kite = useKite();
const front = useFront(() => kite.server.url);

type Environment = Readonly<Record<string, string>>;
async function send(namespace: string, text: string, args: readonly string[] = [], env: Environment = {}) {
  const all = { KITE_URL: front.url, KITE_NAMESPACE: namespace, ...env };
  return program.run(['report', '--file', '-', ...args], { env: all, input: text });
}
const failing = (name: string, more: object = {}) => ({
  ...{ outcome: 'failing', issueType: 'test', ...component(name), title: `${name} fails` },
  ...{ description: 'It returned 500.', severity: 'minor', ...more },
});
const passing = (name: string) => ({ outcome: 'passing', issueType: 'test', ...component(name) });
const some = [failing('login'), passing('logout'), failing('search')];

describe('the forms of a file', () => {
  it.each([
    ['a list', JSON.stringify(some)],
    ['a list with a mark at its begin', `\ufeff${JSON.stringify(some, null, 2)}`],
    ['an object with reports', JSON.stringify({ reports: some })],
    ['NDJSON', some.map((one) => JSON.stringify(one)).join('\n')],
    ['NDJSON with empty lines', `\r\n${some.map((one) => JSON.stringify(one)).join('\r\n\r\n')}\r\n`],
  ])('%s', async (_, text) => {
    const said = await send(freshNamespace(), text);
    expect(said).toEqual({ code: 0, stdout: '3 reports: 2 opened, 1 recorded\n', stderr: '' });
    expect(front.came).toHaveLength(1);
  });

  it('a file by its path, with one report', async () => {
    await mkdir(program.home, { recursive: true });
    const path = join(program.home, 'one.json');
    await writeFile(path, JSON.stringify(failing('login'), null, 2));
    const env = { KITE_URL: kite.server.url, KITE_NAMESPACE: freshNamespace() };
    const said = await program.run(['report', '--file', path], { env });
    expect(said.stdout).toBe('1 report: 1 opened\n');
  });

  it.each([
    ['', /standard input is empty/],
    ['[]', /holds no report/],
    ['<xml/>', /neither JSON nor a JSON value in each line/],
    ['[{"a":1},', /neither JSON nor/],
    ['{"outcome":"passing"}\n{"outcome":\n', /line 2 of standard input is no JSON.*Nothing was sent/],
  ])('%j is a mistake, and nothing is sent', async (text, sentence) => {
    const said = await send('any-tenant', text);
    expect(said).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(sentence) });
    expect(front.came).toHaveLength(0);
  });

  it('options of a single report are named, and nothing is sent', async () => {
    const said = await send('any-tenant', JSON.stringify(some), [
      '--pipeline',
      'x',
      '--log-url',
      'https://ci.example/1',
    ]);
    expect(said).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'kite: --pipeline, --log-url: those are said of one report; with --file each report says it itself\n',
    });
    expect(front.came).toHaveLength(0);
  });

  it('a path that leads nowhere is a mistake', async () => {
    const said = await program.run(['report', '--file', join(program.home, 'nowhere.json')]);
    expect(said).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no such file') });
  });
});

describe('many reports', () => {
  it('go in requests of as many as the API takes, and what is rejected is named by its place', async () => {
    expect([mostReports, mostBytes]).toEqual([limits.reports, limits.body]);
    const namespace = freshNamespace();
    const reports: unknown[] = Array.from({ length: 1200 }, (_, index) => failing(`test-${index}`));
    reports[3] = { ...failing('nameless'), scope: { resourceType: 'component' } };
    reports[777] = 'no report';
    const said = await send(namespace, JSON.stringify(reports));
    expect(said).toMatchObject({ code: 3, stdout: '1200 reports: 1198 opened, 2 rejected\n' });
    expect(said.stderr.split('\n')).toEqual([
      expect.stringMatching(/^reports\[3\] is rejected: scope\.resourceName /),
      '500 of 1200 reports sent',
      expect.stringMatching(/^reports\[777\] is rejected: /),
      '1000 of 1200 reports sent',
      '1200 of 1200 reports sent',
      'kite: 2 of 1200 reports are rejected: reports[3], reports[777]',
      '',
    ]);
    const sizes = front.came.map(({ body }) => reportsBody.parse(JSON.parse(body)).reports.length);
    expect(sizes).toEqual([500, 500, 200]);
    expect((await kite.list({ namespace, limit: '1' })).total).toBe(1198);
    const data = await send(namespace, JSON.stringify(reports), ['-o', 'json']);
    const results = JSON.parse(data.stdout) as { index: number; error?: { details: { path: string }[] } }[];
    expect(results.map(({ index }) => index)).toEqual(reports.map((_, index) => index));
    expect(results[777]?.error?.details[0]?.path).toMatch(/^body\.reports\.777/);
  });

  it('are cut by their bytes too, and one that fits into no request is rejected here', async () => {
    const long = (name: string, bytes: number) => failing(name, { description: 'é'.repeat(bytes / 2) });
    const reports = Array.from({ length: 150 }, (_, index) => long(`big-${index}`, 60_000));
    reports[0] = long('huge', 5_000_000);
    const said = await send(freshNamespace(), JSON.stringify(reports));
    expect(said).toMatchObject({ code: 3, stdout: '150 reports: 149 opened, 1 rejected\n' });
    expect(said.stderr).toMatch(/^reports\[0\] is rejected: is longer than the 4194304 bytes of a request$/m);
    expect(front.came.map(({ body }) => Buffer.byteLength(body) <= limits.body)).toEqual([true, true, true]);
    expect(front.came.some(({ body }) => Buffer.byteLength(body) > limits.body - 61_000)).toBe(true);
  });

  it('that are sent again after a lost answer count once', async () => {
    const namespace = freshNamespace();
    front.fate = (before) => (before === 0 ? 'lose' : 'answer');
    expect((await send(namespace, JSON.stringify(some))).stdout).toBe('3 reports: 3 duplicate\n');
    const { data } = await kite.list({ namespace });
    expect(data.map(({ occurrences }) => occurrences)).toEqual([1, 1]);
  });

  it('that end half way say how far they came, and the next try of the same job counts nothing twice', async () => {
    const namespace = freshNamespace();
    const text = JSON.stringify(Array.from({ length: 600 }, (_, index) => failing(`test-${index}`)));
    front.fate = (before) => (before === 0 ? 'answer' : 'away');
    const said = await send(namespace, text, ['--run', 'run-1']);
    expect(said).toMatchObject({ code: 3, stdout: '' });
    expect(said.stderr).toContain('Kite has what stands before reports[500]');
    front.fate = () => 'answer';
    const again = await send(namespace, text, ['--run', 'run-1']);
    expect(again).toMatchObject({ code: 0, stdout: '600 reports: 100 opened, 500 duplicate\n' });
  });
});

describe('whether a file that is sent again counts again', () => {
  const gitlab = { GITLAB_CI: 'true', CI_PIPELINE_ID: '4711', CI_JOB_ID: '1' };
  const twice = async (text: string, env: Environment, then: Environment) => {
    const namespace = freshNamespace();
    await send(namespace, text, [], env);
    return (await send(namespace, text, [], then)).stdout;
  };

  it('not by the same try of a run, and by the next one', async () => {
    const text = JSON.stringify([failing('login'), failing('login')]);
    expect(await twice(text, gitlab, gitlab)).toBe('2 reports: 2 duplicate\n');
    expect(await twice(text, gitlab, { ...gitlab, CI_JOB_ID: '2' })).toBe('2 reports: 2 updated\n');
  });

  it('outside of a run not where the times of observation are the same, and again where there are none', async () => {
    const timed = failing('login', { observedAt: new Date(Date.now() - 60_000).toISOString() });
    expect(await twice(JSON.stringify([timed]), {}, {})).toBe('1 report: 1 duplicate\n');
    expect(await twice(JSON.stringify([failing('login')]), {}, {})).toBe('1 report: 1 updated\n');
  });

  it('by ids of its own as they say', async () => {
    const text = JSON.stringify([failing('login', { eventId: 'a' }), failing('search', { runId: 'b' })]);
    expect(await twice(text, gitlab, { ...gitlab, CI_JOB_ID: '2' })).toBe('2 reports: 2 duplicate\n');
  });
});

test('what a report leaves out is filled in by what is known of all', async () => {
  const namespace = freshNamespace();
  const own = failing('own', { namespace: `${namespace}-own`, source: 'own', runId: 'run-own' });
  const env = { GITHUB_ACTIONS: 'true', GITHUB_RUN_ID: '99', GITHUB_RUN_ATTEMPT: '1' };
  await send(namespace, JSON.stringify([failing('login'), own]), ['--cluster', 'east'], env);
  const told = async (where: string, pipelineRun: string) => {
    const { data } = await kite.list({ namespace: where, pipelineRun, cluster: 'east' });
    const [event] = await kite.events(data[0]?.id ?? '');
    return event;
  };
  expect(await told(namespace, '99')).toMatchObject({
    source: 'ci/github',
    eventId: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(await told(`${namespace}-own`, 'run-own')).toMatchObject({ source: 'own', eventId: 'run-own' });
});
