/** The examples of docs/ci, run by a shell with the environment that each CI gives, against a server that asks who they are. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import * as z from 'zod/mini';
import { freshNamespace } from '../../support/bodies.ts';
import { home, useGuarded } from '../../support/guarded.ts';
import { startIssuer, type TestIssuer } from '../../support/issuer.ts';
import type { Kite } from '../../support/kite.ts';
import { runScript } from './ci-shell.ts';
import { useProgram } from './kite.ts';

const folder = join(import.meta.dirname, '../../../docs/ci');
const audience = 'https://kite.example.com';
const program = useProgram();
let issuer: TestIssuer;
const guarded = useGuarded({
  access: async () => {
    issuer = await startIssuer();
    const issuers = [{ name: 'ci', issuer: issuer.url, audiences: [audience], actor: 'project' }];
    const may = ['report', 'read'];
    const rules = [
      { issuer: 'ci', match: { project: 'group/*' }, clusters: [home], namespaces: ['team-*'], may },
    ];
    return { text: { issuers, rules } };
  },
});
afterAll(() => issuer?.close());

let kite: Kite;
let namespace = '';
beforeAll(async () => {
  kite = guarded.kiteAs(await guarded.key({ may: ['read', 'report', 'act'] }));
});
beforeEach(() => {
  namespace = freshNamespace();
});

type Environment = Readonly<Record<string, string>>;
const token = () => issuer.sign({ aud: audience, project: 'group/checkout' });
/** What an example has of its own, with the address of this server and a namespace of this test. */
const placed = (env: Environment): Environment => ({
  ...env,
  KITE_URL: guarded.server.url,
  KITE_NAMESPACE: namespace,
});
const run = (script: string, env: Environment, shell = 'bash') => runScript(program, script, env, { shell });
const failing = (name: string) =>
  `${JSON.stringify({ outcome: 'failing', issueType: 'test', scope: { resourceType: 'test', resourceName: name }, title: `${name} fails`, description: '500', severity: 'major' })}\n`;
const passing = (name: string) => failing(name).replace('failing', 'passing');
/** A grave issue of the application that the examples ask for. */
const failRelease = () =>
  kite.create({
    namespace,
    title: 'Release failed',
    description: 'no',
    severity: 'critical',
    issueType: 'release',
    scope: { resourceType: 'application', resourceName: 'shop' },
  });

describe('GitLab CI', () => {
  const job = z.object({
    script: z.array(z.string()),
    id_tokens: z.optional(z.record(z.string(), z.object({ aud: z.literal(audience) }))),
    extends: z.optional(z.string()),
  });
  const file = z.looseObject({ variables: z.record(z.string(), z.string()) });

  async function runJob(name: string, env: Environment = {}, files: Environment = {}) {
    const text = parse(await readFile(join(folder, 'gitlab-ci.yml'), 'utf8'));
    const { variables, ...jobs } = file.parse(text);
    const { script, extends: base } = job.parse(jobs[name]);
    const { id_tokens: tokens } = z.pick(job, { id_tokens: true }).parse(jobs[base ?? '']);
    const signed = await Promise.all(Object.keys(tokens ?? {}).map(async (one) => [one, await token()]));
    return runScript(
      program,
      script.join('\n'),
      {
        ...placed(variables),
        ...{ GITLAB_CI: 'true', CI_PIPELINE_ID: '4711', CI_JOB_ID: '1', CI_PROJECT_PATH: 'group/checkout' },
        ...{ CI_COMMIT_REF_NAME: 'main', CI_PIPELINE_URL: 'https://gitlab.example/4711' },
        ...{ CI_PIPELINE_CREATED_AT: new Date(Date.now() - 60_000).toISOString() },
        ...Object.fromEntries(signed),
        ...env,
      },
      // GitLab ends a job at the first command that fails.
      { shell: 'bash', options: ['-e', '-o', 'pipefail'], files },
    );
  }

  it('reports a failure, and the next pipeline closes it', async () => {
    expect(await runJob('report failure')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^opened/),
    });
    const [issue] = (await kite.list({ namespace })).data;
    expect(issue).toMatchObject({
      scope: { resourceType: 'pipelinerun', resourceName: 'group/checkout@main' },
      links: [{ url: 'https://gitlab.example/4711' }],
    });
    const [event] = await kite.events(issue?.id ?? '');
    expect(event).toMatchObject({ actor: 'ci:group/checkout', source: 'ci/gitlab', run: { name: '4711' } });
    const next = { CI_PIPELINE_ID: '4712', CI_PIPELINE_CREATED_AT: new Date().toISOString() };
    expect((await runJob('report success', next)).stdout).toMatch(/^resolved/);
  });

  it('reports tests, and the gate of the same pipeline sees them, in every try of it', async () => {
    const broken = { 'reports.ndjson': failing('login') + passing('logout') };
    expect((await runJob('report tests', {}, broken)).stdout).toBe('2 reports: 1 opened, 1 recorded\n');
    expect(await runJob('gate')).toMatchObject({ code: 1, stdout: expect.stringContaining('login fails') });
    expect((await runJob('report failure')).code).toBe(0);
    const mended = { 'reports.ndjson': passing('login') + passing('logout') };
    expect((await runJob('report tests', { CI_JOB_ID: '2' }, mended)).stdout).toContain('1 resolved');
    const gate = await runJob('gate', { CI_JOB_ID: '3' });
    expect(gate.code).toBe(0);
    expect(gate.files['kite.xml']).toContain('No active issues of application shop');
  });

  it('holds while the application has grave issues, and says which in the test report', async () => {
    const clean = { 'reports.ndjson': passing('login') };
    await runJob('report tests', {}, clean);
    await failRelease();
    const gate = await runJob('gate');
    expect(gate.code).toBe(1);
    expect(gate.files['kite.xml']).toContain('message="Release failed"');
  });
});

describe('GitHub Actions', () => {
  const step = z.object({
    name: z.string(),
    run: z.string(),
    env: z.optional(z.record(z.string(), z.string())),
  });
  const file = z.object({
    env: z.record(z.string(), z.string()),
    jobs: z.object({
      kite: z.object({ permissions: z.object({ 'id-token': z.literal('write') }), steps: z.array(step) }),
    }),
  });
  let server: Server;
  let tokensUrl = '';
  const asked: { url: string | undefined; authorization: string | undefined }[] = [];

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      asked.push({ url: request.url, authorization: request.headers.authorization });
      response.end(JSON.stringify({ count: 1, value: await token() }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address === 'object' && address !== null) {
      tokensUrl = `http://127.0.0.1:${address.port}/token?api-version=2`;
    }
  });
  afterAll(() => server.close());

  /** Runs the steps of the job one after the other, as a runner does. */
  async function runJob(result: string) {
    const text = file.parse(parse(await readFile(join(folder, 'github-workflow.yml'), 'utf8')));
    const ended: Awaited<ReturnType<typeof run>>[] = [];
    let env: Environment = {
      ...placed(text.env),
      ...{
        GITHUB_ACTIONS: 'true',
        GITHUB_RUN_ID: '99',
        GITHUB_RUN_ATTEMPT: '1',
        GITHUB_WORKFLOW: 'checkout',
      },
      ...{
        GITHUB_REPOSITORY: 'group/checkout',
        GITHUB_REF_NAME: 'main',
        GITHUB_SERVER_URL: 'https://github.example',
      },
      ...{ ACTIONS_ID_TOKEN_REQUEST_URL: tokensUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-job' },
      ...{ GITHUB_ENV: 'github-env', GITHUB_STEP_SUMMARY: 'summary.md' },
    };
    for (const one of text.jobs.kite.steps) {
      const own = Object.entries(one.env ?? {}).map(([name, value]) => [
        name,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what GitHub fills in
        value.replaceAll('${{ needs.test.result }}', result),
      ]);
      const options = { shell: 'bash', options: ['--noprofile', '--norc', '-e', '-o', 'pipefail'] };
      const done = await runScript(program, one.run, { ...env, ...Object.fromEntries(own) }, options);
      ended.push(done);
      for (const line of (done.files['github-env'] ?? '').split('\n').filter((text) => text.includes('='))) {
        const [name = '', ...value] = line.split('=');
        env = { ...env, [name]: value.join('=') };
      }
      if (done.code !== 0) break;
    }
    return ended;
  }

  it('logs in by the token of the job, reports, and holds while there are grave issues', async () => {
    const [login, told, gate, ...more] = await runJob('failure');
    expect(login).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^::add-mask::ey/) });
    expect(asked).toEqual([
      {
        url: `/token?api-version=2&audience=${guarded.server.url}`,
        authorization: 'bearer of-the-job',
      },
    ]);
    expect(told).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^opened: pipelinerun\/group\/checkout\/checkout@main /),
    });
    expect(gate).toMatchObject({ code: 0, stderr: '' });
    expect(gate?.files['summary.md']).toContain('✅ Kite: No active issues of application shop');
    expect(more).toEqual([]);
    await failRelease();
    const again = await runJob('cancelled');
    expect(again[1]).toMatchObject({ code: 0, stdout: '' });
    expect(again[2]?.code).toBe(1);
    expect(again[2]?.files['summary.md']).toContain('| critical | application/shop | Release failed |');
  });
});

describe('Tekton', () => {
  const value = z.object({ name: z.string(), value: z.string() });
  const task = z.object({
    metadata: z.object({ name: z.string() }),
    spec: z.object({
      params: z.array(z.object({ name: z.string(), default: z.optional(z.string()) })),
      steps: z.array(z.object({ env: z.array(value), script: z.string() })),
    }),
  });

  async function runTask(name: string, params: Environment) {
    const text = await readFile(join(folder, 'tekton-tasks.yaml'), 'utf8');
    const tasks = parseAllDocuments(text).map((document) => task.parse(document.toJS()));
    const found = tasks.find(({ metadata }) => metadata.name === name);
    const [step] = found?.spec.steps ?? [];
    const given = new Map(
      (found?.spec.params ?? []).map((one) => [one.name, params[one.name] ?? one.default]),
    );
    const fill = (written: string) =>
      written.replaceAll(
        /\$\((params\.(\w+)|context\.taskRun\.namespace)\)/g,
        (_, what: string, param: string) => {
          const filled = what.startsWith('params.') ? given.get(param) : namespace;
          if (filled === undefined) throw new Error(`${name} is run without ${what}`);
          return filled;
        },
      );
    const env = Object.fromEntries((step?.env ?? []).map((one) => [one.name, fill(one.value)]));
    const script = step?.script ?? '';
    expect(script).not.toContain('$(');
    const tokenFile = join(program.home, 'token');
    await mkdir(program.home, { recursive: true });
    await writeFile(tokenFile, `${await token()}\n`);
    await chmod(tokenFile, 0o600);
    return run(script, { ...env, KITE_URL: guarded.server.url, TOKEN_FILE: tokenFile }, 'sh');
  }

  it('reports how a PipelineRun ended, whatever its texts hold, and checks another', async () => {
    const hostile = 'it said "$(exit 7)"; `exit 8`';
    const failed = await runTask('kite-report', {
      ...{ status: 'Failed', run: 'checkout-7f2kd', pipeline: 'checkout@main', reason: hostile },
    });
    expect(failed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^opened/) });
    const [issue] = (await kite.list({ namespace })).data;
    expect(issue?.description).toBe(`The pipeline run checkout@main failed with reason: ${hostile}`);
    expect((await runTask('kite-check', { run: 'checkout-7f2kd' })).code).toBe(1);
    const passed = { status: 'Completed', run: 'checkout-9xw4m', pipeline: 'checkout@main' };
    expect((await runTask('kite-report', passed)).stdout).toMatch(/^resolved/);
    expect((await runTask('kite-check', { run: 'checkout-9xw4m' })).code).toBe(0);
    expect((await runTask('kite-check', { run: 'nobody-knows', wait: '1s' })).code).toBe(3);
    const stopped = { status: 'None', run: 'checkout-x', pipeline: 'checkout@main' };
    expect(await runTask('kite-report', stopped)).toMatchObject({ code: 0, stdout: '' });
  });
});

test('the page names every example', async () => {
  const page = await readFile(join(folder, 'README.md'), 'utf8');
  for (const name of ['gitlab-ci.yml', 'github-workflow.yml', 'tekton-tasks.yaml']) {
    expect(page).toContain(`](${name})`);
  }
});
