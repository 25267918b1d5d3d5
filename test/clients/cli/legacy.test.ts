import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { component, freshNamespace, issueBody } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';
import { useProgram } from './kite.ts';

/** What the users of KITE's own command line type, and have in their files. */

const kite = useKite();
const program = useProgram();
const name = 'konflux-issues';

beforeEach(() => rm(program.home, { recursive: true, force: true }));

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}, called = name) =>
  program.run(args, { name: called, env: { KONFLUX_API_URL: `${kite.server.url}/api/v1`, ...env } });

test.each(['konflux-issues', 'kubectl-issues', 'kite', 'kubectl-kite'])(
  'list, called as %s',
  async (called) => {
    const namespace = freshNamespace();
    const issue = await kite.create(issueBody(namespace, { severity: 'critical' }));
    await kite.create(issueBody(namespace, { ...component('b'), issueType: 'test' }));
    await kite.post(`/issues/${issue.id}/resolve`, {});
    const filters = [
      [[], 2],
      [['-t', 'build'], 1],
      [['-s', 'critical'], 1],
      [['--severity', 'major'], 1],
      [['--state', 'RESOLVED'], 1],
      [['--unresolved'], 1],
      [['-u'], 1],
      [['-r', 'component'], 2],
      [['--resource-type', 'pipelinerun'], 0],
      [['--limit', '1'], 1],
    ] as const;
    for (const [filter, count] of filters) {
      const { stdout, stderr, code } = await run(
        ['list', '-n', namespace, ...filter, '-o', 'json'],
        {},
        called,
      );
      expect({ code, stderr, filter, count: JSON.parse(stdout).length }).toEqual({
        code: 0,
        stderr: '',
        filter,
        count,
      });
    }
  },
);

test('the namespace may stand before the command, and comes from the kubeconfig where there is none', async () => {
  const namespace = freshNamespace();
  const issue = await kite.create(issueBody(namespace));
  expect((await run(['-n', namespace, 'list'])).stdout).toContain(issue.id.slice(0, 8));
  const kubeconfig = join(program.home, 'kubeconfig');
  await mkdir(program.home, { recursive: true });
  await writeFile(
    kubeconfig,
    JSON.stringify({
      'current-context': 'here',
      contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace } }],
    }),
  );
  expect((await run(['list'], { KUBECONFIG: kubeconfig })).stdout).toContain(issue.id.slice(0, 8));
});

test('list shows twenty where nobody says how many', async () => {
  const namespace = freshNamespace();
  for (let index = 0; index < 21; index += 1)
    await kite.create(issueBody(namespace, component(`c-${index}`)));
  expect(JSON.parse((await run(['list', '-n', namespace, '-o', 'json'])).stdout)).toHaveLength(20);
});

test('details, resolve and search', async () => {
  const namespace = freshNamespace();
  const { id } = await kite.create(issueBody(namespace, { title: 'dependency dashboard is stale' }));
  const details = await run(['details', '-i', id, '-n', namespace, '-o', 'json']);
  expect(JSON.parse(details.stdout)).toEqual(await kite.issue(id));
  expect((await run(['details', '--id', id, '-n', namespace])).stdout).toContain(
    'dependency dashboard is stale',
  );
  const { parse } = await import('yaml');
  const yaml = await run(['details', '-i', id, '-n', namespace, '-o', 'yaml']);
  expect(parse(yaml.stdout)).toEqual(await kite.issue(id));
  expect((await run(['search', 'dependency', '-n', namespace])).stdout).toContain(id.slice(0, 8));
  expect((await run(['resolve', '-i', id, '-n', namespace])).code).toBe(0);
  expect((await kite.issue(id)).state).toBe('RESOLVED');
  expect(await run(['details', '-n', namespace])).toMatchObject({ code: 2 });
});

test('config shows, sets and resets api_url in its own file, which nobody else may read', async () => {
  const without = { KONFLUX_API_URL: '' };
  const file = join(program.home, '.konflux-issues', 'config.yaml');
  expect((await run(['config'], without)).stdout).toBe(
    'Current configuration:\nAPI URL: http://localhost:8080/api/v1\n',
  );
  const url = `${kite.server.url}/api/v1`;
  expect((await run(['config', 'set-api-url', url], without)).stdout).toBe(`API URL set to: ${url}\n`);
  expect(await readFile(file, 'utf8')).toBe(`api_url: ${url}\n`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await run(['config'], without)).stdout).toContain(`API URL: ${url}\n`);
  const namespace = freshNamespace();
  const { id } = await kite.create(issueBody(namespace));
  expect((await run(['list', '-n', namespace], without)).stdout).toContain(id.slice(0, 8));
  expect((await run(['config', 'reset'], without)).stdout).toBe('Configuration reset to defaults\n');
  expect(await readFile(file, 'utf8')).toBe('api_url: http://localhost:8080/api/v1\n');
  expect(await run(['config', 'set-api-url', 'localhost:8080'], without)).toMatchObject({ code: 2 });
});

test('KONFLUX_API_URL wins over the file, and the file over the contexts of kite', async () => {
  await mkdir(join(program.home, '.konflux-issues'), { recursive: true });
  await writeFile(
    join(program.home, '.konflux-issues', 'config.yaml'),
    'api_url: http://127.0.0.1:9/api/v1\n',
  );
  const namespace = freshNamespace();
  expect((await run(['list', '-n', namespace])).code).toBe(0);
  const { code, stderr } = await run(['list', '-n', namespace], { KONFLUX_API_URL: '' });
  expect(code).toBe(3);
  expect(stderr).toContain('cannot reach http://127.0.0.1:9/api/v1');
});
