import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readAccess } from '../../../functions/access/config.ts';
import { problemsIn } from '../../support/problems.ts';

const ca = new URL('../../fixtures/tls/ca.pem', import.meta.url).pathname;
const cluster = {
  name: 'alpha',
  url: 'https://kubernetes.default.svc',
  caFile: ca,
  issuers: ['https://kubernetes.default.svc'],
  tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token',
};
const issuer = { name: 'gitlab', issuer: 'https://gitlab.com', audiences: ['https://kite.example.com'] };
const rule = {
  issuer: 'gitlab',
  match: { project_path: 'group/*' },
  clusters: ['alpha'],
  namespaces: ['team-*'],
  may: ['report', 'read'],
};

function read(access: object, env: Record<string, string> = {}) {
  return readAccess(JSON.stringify(access), env);
}
function problemsOf(access: object, env: Record<string, string> = {}): readonly string[] {
  return problemsIn(() => read(access, env));
}

describe('how access is controlled', () => {
  test('an empty object takes API keys and has the documented defaults', () => {
    expect(read({})).toEqual({
      clusters: [],
      defaultCluster: undefined,
      issuers: [],
      rules: [],
      keys: true,
      compat: true,
      ask: {
        read: [{ verb: 'get', group: '', resource: 'pods' }],
        report: [
          { verb: 'create', group: 'kite.konflux-ci.dev', resource: 'issues' },
          { verb: 'get', group: '', resource: 'pods' },
        ],
        act: [
          { verb: 'update', group: 'kite.konflux-ci.dev', resource: 'issues' },
          { verb: 'get', group: '', resource: 'pods' },
        ],
        admin: [{ verb: '*', group: 'kite.konflux-ci.dev', resource: 'issues' }],
      },
      cache: { allowed: 10_000, denied: 3_000, entries: 10_000 },
      share: { perSecond: 200, burst: 400, atOnce: 64 },
      guesses: { perSecond: 10, burst: 100 },
      timeout: 2_500,
    });
  });

  test('without compat pods give nobody the right to write', () => {
    const { report, act } = read({ compat: false }).ask;
    expect([...report, ...act].map(({ resource }) => resource)).toEqual(['issues', 'issues']);
  });

  test('a file is read where the text is its path', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kite-access-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const path = join(directory, 'access.json');
    await writeFile(path, JSON.stringify({ issuers: [issuer], rules: [rule] }));
    expect(readAccess(path, {}).rules).toEqual([rule]);
  });

  test('the documentation’s own examples can be read', async () => {
    const text = await readFile(new URL('../../../docs/security.md', import.meta.url), 'utf8');
    const examples = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => json);
    const env = { KITE_BETA_TOKEN: 'secret' };
    const read = examples.map((json) =>
      readAccess(json.replaceAll(/"caFile": "[^"]*"/g, `"caFile": "${ca}"`), env),
    );
    expect(read.flatMap(({ issuers }) => issuers.map(({ name }) => name))).toEqual(
      expect.arrayContaining(['gitlab', 'github']),
    );
    expect(read.flatMap(({ clusters }) => clusters.map(({ name }) => name))).toContain('alpha');
  });

  test('one cluster is the default, of several the one that says so', () => {
    const other = { ...cluster, name: 'beta', issuers: ['https://beta.example.com'] };
    expect(read({ clusters: [cluster] }).defaultCluster).toBe('alpha');
    expect(read({ clusters: [cluster, other] }).defaultCluster).toBeUndefined();
    expect(read({ clusters: [cluster, { ...other, default: true }] }).defaultCluster).toBe('beta');
  });

  test('the token to ask with may be in a variable', () => {
    const { tokenFile: _, ...rest } = cluster;
    const config = read({ clusters: [{ ...rest, tokenVariable: 'ALPHA' }] }, { ALPHA: ' secret\n' });
    expect(config.clusters[0]?.credential).toEqual({ token: 'secret' });
  });

  test('the token to ask with may be in a secret on AWS', () => {
    const { tokenFile: _, ...rest } = cluster;
    const tokenSecret = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:kite/alpha-AbCdEf';
    expect(read({ clusters: [{ ...rest, tokenSecret }] }).clusters[0]?.credential).toEqual({
      secret: tokenSecret,
    });
    expect(problemsOf({ clusters: [{ ...rest, tokenSecret: 'kite/alpha' }] })).toEqual([
      'clusters.0.tokenSecret is not the ARN of a secret in Secrets Manager',
    ]);
  });

  test('a file is looked for where the code of a function lies', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kite-access-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'access.json'), '{"compat":false}');
    expect(readAccess('access.json', { LAMBDA_TASK_ROOT: folder }).compat).toBe(false);
    expect(readAccess(join(folder, 'access.json'), { LAMBDA_TASK_ROOT: '/nowhere' }).compat).toBe(false);
    expect(problemsIn(() => readAccess('other.json', { LAMBDA_TASK_ROOT: folder }))).toEqual([
      expect.stringContaining(`open '${join(folder, 'other.json')}'`),
    ]);
  });

  test('an issuer’s name may be anything where its keys are named', () => {
    const named = { ...issuer, issuer: 'gitlab', jwks: 'https://gitlab.com/keys' };
    expect(read({ issuers: [named] }).issuers[0]?.keys?.href).toBe('https://gitlab.com/keys');
  });

  test('a time-out is whole milliseconds, as timers take them', () => {
    expect(read({ timeoutSeconds: 1.005 }).timeout).toBe(1005);
  });

  test('every problem is named with its path', () => {
    expect(
      problemsOf({
        clusters: [{ ...cluster, url: 'http://10.0.0.1', issuers: [], extra: 1 }],
        rules: [{ ...rule, may: ['write'], namespaces: [] }],
        cache: { allowedSeconds: -1 },
        kyes: true,
      }),
    ).toEqual([
      'clusters.0.url is not an https URL without a user (http is for this machine only)',
      'clusters.0.issuers is shorter than 1',
      'clusters.0.extra is not a setting that there is',
      'rules.0.namespaces is shorter than 1',
      'rules.0.may.0 is not one of read, report, act, admin',
      'cache.allowedSeconds is less than 0',
      'kyes is not a setting that there is',
    ]);
  });

  test.each([
    [
      'a rule of an unknown issuer',
      { rules: [rule] },
      'rules.0.issuer is not the name of one of issuers: "gitlab"',
    ],
    [
      'a rule that lets in everybody',
      { issuers: [issuer], rules: [{ ...rule, match: { sub: '**', aud: '*' } }] },
      'rules.0.match holds no pattern that says anything: it would let in everybody whom the issuer knows',
    ],
    [
      'a rule that asks only for what every token of the issuer says',
      { issuers: [issuer], rules: [{ ...rule, match: { aud: 'https://kite.example.com', sub: '*' } }] },
      'rules.0.match holds no pattern that says anything',
    ],
    [
      'a rule that gives admin somewhere',
      { issuers: [issuer], rules: [{ ...rule, may: ['admin'] }] },
      'rules.0.namespaces does not hold *, without which admin gives nothing',
    ],
    [
      'two clusters of one issuer',
      { clusters: [cluster, { ...cluster, name: 'beta' }] },
      'clusters.1.issuers.0 is the same as clusters.0.issuers.0: "https://kubernetes.default.svc"',
    ],
    [
      'an issuer that is a cluster',
      { clusters: [cluster], issuers: [{ ...issuer, issuer: 'https://kubernetes.default.svc' }] },
      'issuers.0.issuer is the same as clusters.0.issuers.0: "https://kubernetes.default.svc"',
    ],
    [
      'two credentials',
      { clusters: [{ ...cluster, tokenVariable: 'HOME' }] },
      'clusters.0.tokenFile or tokenVariable or tokenSecret',
    ],
    [
      'no certificate where one is named',
      { clusters: [{ ...cluster, caFile: '/nowhere' }] },
      'clusters.0.caFile cannot be read',
    ],
    [
      'a shared secret as algorithm',
      { issuers: [{ ...issuer, algorithms: ['HS256'] }] },
      'issuers.0.algorithms.0 is not one of RS256',
    ],
    [
      'keys in the clear',
      { issuers: [{ ...issuer, jwks: 'http://gitlab.com/keys' }] },
      'issuers.0.jwks is not an https URL',
    ],
    [
      'an issuer whose keys would be looked up in the clear',
      { issuers: [{ ...issuer, issuer: 'http://gitlab.com' }] },
      'issuers.0.issuer is not an https URL',
    ],
    [
      'an issuer under whose name nothing can be looked up',
      { issuers: [{ ...issuer, issuer: 'gitlab.com' }] },
      'issuers.0.issuer is not an https URL',
    ],
    [
      'an issuer that is called key',
      { issuers: [{ ...issuer, name: 'key' }] },
      'issuers.0.name is not a word',
    ],
    ['no audience', { issuers: [{ ...issuer, audiences: [] }] }, 'issuers.0.audiences is shorter'],
    ['the star as a cluster', { clusters: [{ ...cluster, name: '*' }] }, 'clusters.0.name is *'],
    ['nobody', { keys: false }, 'clusters is empty, and so is issuers, and keys is off'],
  ])('%s is refused', (_, access, expected) => {
    const problems = problemsOf(access, { HOME: '/' });
    expect(problems).toEqual([expect.stringContaining(expected)]);
  });

  test.each([
    ['{"keys": hunter2}', 'is not valid JSON'],
    ['/nowhere/access.json', 'is neither a JSON object nor a file that can be read'],
    [ca, `is not valid JSON: ${ca}`],
  ])('the text %s is refused, and nothing of it is shown that could be a secret', (text, expected) => {
    const [problem = '', ...others] = problemsIn(() => readAccess(text, {}));
    expect(others).toEqual([]);
    expect(problem).toContain(expected);
    expect(problem).not.toContain('hunter2');
  });
});
