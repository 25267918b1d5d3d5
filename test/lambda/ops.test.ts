/** `npm run ops -- invoke`, `migrate` and `tail`, as a program, on the functions as they are deployed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { OperationId } from '../../core/contract/operations.ts';
import { readFunctionsCommand } from '../../functions/gateway/ops/aws/arguments.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.ts';
import { everything, makeKey } from '../support/keys.ts';
import { bundleFunctions } from './bundles.ts';
import { type LambdaFunction, lambdaFunction } from './function.ts';
import { type InvokeApi, startInvokeApi } from './invoke-api.ts';
import { requireRic } from './ric.ts';

const root = join(import.meta.dirname, '../..');
let database: TestDatabase;
let empty: TestDatabase;
let api: InvokeApi;
let key: string;
let refused: { readonly status: number; readonly name: string } | undefined;
const functions = new Map<string, LambdaFunction>();

beforeAll(async () => {
  [database, empty] = [await createTestDatabase(), await createEmptyDatabase()];
  key = await makeKey(database.sql, everything);
  const bundles = await bundleFunctions();
  const surroundings = { ric: await requireRic(), onLine: () => undefined };
  const deploy = (name: string, env: Readonly<Record<string, string>>): void => {
    const settings = { handler: 'index.handler', timeout: 20_000, memory: 512 };
    const functionName = `kite-trial-${name.replace('/', '-')}`;
    const directory = join(bundles, name);
    functions.set(
      functionName,
      lambdaFunction({ ...settings, name: functionName, directory, env }, surroundings),
    );
  };
  const env = { DATABASE_URL: database.url, KITE_ACCESS: '{}', LOG_LEVEL: 'silent' };
  for (const operation of [
    'issues.create',
    'issues.list',
    'issues.get',
    'health.get',
  ] satisfies OperationId[]) {
    deploy(operation.replace('.', '/'), env);
  }
  deploy('database/migrate', { DATABASE_URL: empty.url });
  api = await startInvokeApi(functions, () => refused);
});
afterAll(async () => {
  await api?.close();
  await Promise.all([...functions.values()].map((deployed) => deployed.stop()));
  await empty?.drop();
  await database?.drop();
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', join(root, 'functions/gateway/ops-main.ts'), ...args], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      HOME: '/nonexistent',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL: api.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ...env,
    },
  });
}

async function ops(
  args: readonly string[],
  { input = '', ...env }: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const child = start([...args, '--stack', 'kite-trial'], env);
  child.stdin?.end(input);
  const [out, err, [code]] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    child.stderr === null ? '' : text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, out, err };
}

describe('ops invoke', () => {
  test('calls an operation as API Gateway would, with a body, a query and a path', async () => {
    const asKey = { KITE_TOKEN: key };
    const body = {
      ...{ title: 'Build failed', description: 'exit 1', severity: 'major', issueType: 'build' },
      ...{ namespace: 'team-a', scope: { resourceType: 'component', resourceName: 'api' } },
    };
    const input = JSON.stringify(body);
    const made = await ops(['invoke', 'issues.create', '--body', '-'], { ...asKey, input });
    expect(made).toMatchObject({ code: 0, err: '201\n' });
    const { id } = JSON.parse(made.out);

    const listed = await ops(
      ['invoke', 'issues.list', '--query', 'namespace=team-a', '--query', 'state=ACTIVE'],
      asKey,
    );
    expect(listed.code, listed.err).toBe(0);
    expect(JSON.parse(listed.out)).toMatchObject({ total: 1, data: [{ id }] });

    const got = await ops(['invoke', 'issues.get', '--path', `id=${id}`], asKey);
    expect(JSON.parse(got.out)).toMatchObject({ id, title: 'Build failed' });
  });

  test('an answer that is an error is shown, and ends with 1', async () => {
    const { code, out, err } = await ops(['invoke', 'issues.list', '--query', 'namespace=team-a']);
    expect({ code, err }).toEqual({ code: 1, err: '401\n' });
    expect(JSON.parse(out)).toMatchObject({ code: 'unauthenticated' });
  });

  test('a function that fails is told by its own sentence', async () => {
    const { code, out, err } = await ops(['invoke', 'health.get', '--payload', '{}']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^kite-trial-health-get failed: /);
  });

  test('a command line that is not understood ends with 2, and shows how it is used', async () => {
    const { code, out, err } = await ops(['invoke', 'issues.get']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('/api/v1/issues/{id} needs --path id=VALUE');
    expect(err).toContain('ops invoke issues.list --query namespace=team-a');
  });

  test.each([
    [['invoke'], 'invoke takes one operation or function'],
    [['invoke', 'issues.list', 'issues.get'], 'invoke takes one operation or function'],
    [['invoke', 'issues.list', '--query', 'namespace'], '--query namespace is not NAME=VALUE'],
    [['invoke', 'issues.list', '--since', '1h'], '--since says nothing to this command'],
    [['invoke', 'issues.list', '--payload', '{}', '--query', 'a=b'], '--query says nothing to this command'],
    [['migrate', 'now'], 'migrate takes no now'],
    [['tail', 'issues.list', '--since', 'yesterday'], '--since yesterday is not a duration'],
    [['invoke', 'issues.list', '--all'], "Unknown option '--all'"],
  ])('%j is not understood', (args, sentence) => {
    expect(() => readFunctionsCommand(args)).toThrow(sentence);
  });
});

describe('what AWS refuses is told in words that say what to do', () => {
  test.each([
    ['UnrecognizedClientException', 403, 'AWS does not take these credentials'],
    ['AccessDeniedException', 403, 'These credentials may not do this to kite-trial-health-get'],
    ['TooManyRequestsException', 429, 'kite-trial-health-get has no room for a further call now'],
  ])('%s', async (name, status, sentence) => {
    refused = { name, status };
    onTestFinished(() => {
      refused = undefined;
    });
    const { code, err } = await ops(['invoke', 'health.get']);
    expect(code).toBe(1);
    expect(err).toContain(sentence);
    expect(err).not.toMatch(/\bat .+:\d+:\d+/);
  });

  test('no such function, no credentials, no region, nobody there', async () => {
    expect((await ops(['invoke', 'issues.delete', '--path', 'id=1'])).err).toContain(
      'There is no kite-trial-issues-delete in this account and region',
    );
    const nobody = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
    expect((await ops(['invoke', 'health.get'], nobody)).err).toContain('There are no AWS credentials here');
    expect((await ops(['invoke', 'health.get'], { AWS_REGION: '' })).err).toContain('There is no region');
    const away = await ops(['invoke', 'health.get', '--endpoint-url', 'http://127.0.0.1:9']);
    expect(away).toMatchObject({
      code: 1,
      err: expect.stringContaining('http://127.0.0.1:9 cannot be reached'),
    });
  });
});

describe('ops migrate', () => {
  test('says what would be applied, applies it, and then that all is done', async () => {
    const checked = await ops(['migrate', '--check']);
    expect(checked.code, checked.err).toBe(0);
    expect(checked.out).toMatch(/^Would be applied:\n {2}0001_create-tables/);
    const done = await ops(['migrate']);
    expect(done.out).toBe(checked.out.replace('Would be applied', 'Applied'));
    expect(await ops(['migrate'])).toMatchObject({ code: 0, out: 'The database is up to date.\n' });
  });

  test('a migration that fails is told with the reason, and ends with 1', async () => {
    await empty.sql`update schema_migrations set checksum = 'other' where name like '0001%'`;
    const { code, out, err } = await ops(['migrate']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(
      /^kite-trial-database-migrate failed: The database was not brought up to date\. Migration 0001/,
    );
  });
});

describe('ops tail', () => {
  test('writes what is there, page by page, and not what is older', async () => {
    const now = Date.now();
    const line = (message: string, ago: number) => ({ timestamp: now - ago, message });
    const lines = [line('old', 3_600_000), line('one\n', 3_000), line('two\n', 2_000), line('three', 1_000)];
    api.logs.set('kite-trial-issues-list', lines);
    const { code, out } = await ops(['tail', 'issues.list', '--since', '5m']);
    expect(code).toBe(0);
    expect(out.replaceAll(/^\S+Z {2}/gm, '')).toBe('one\ntwo\nthree\n');
    expect((await ops(['tail', 'issues.list', '--since', '2h'])).out).toContain('old');
  });

  test('follows what comes, each line once, until it is stopped', async () => {
    const lines = [{ timestamp: Date.now(), message: 'first' }];
    api.logs.set('kite-trial-scheduled-words', lines);
    const child = start(['tail', 'scheduled.words', '--follow', '--stack', 'kite-trial']);
    onTestFinished(() => void child.kill('SIGKILL'));
    let out = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
    });
    await expect.poll(() => out, { timeout: 20_000 }).toContain('first');
    lines.push({ timestamp: Date.now(), message: 'second' });
    await expect.poll(() => out, { timeout: 20_000 }).toContain('second');
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(out.match(/first/g)).toHaveLength(1);
  });

  test('a log that is not there is told', async () => {
    const { code, err } = await ops(['tail', 'keys.list']);
    expect(code).toBe(1);
    expect(err).toContain('There is no log /aws/lambda/kite-trial-keys-list');
  });
});
