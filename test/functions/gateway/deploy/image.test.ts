import { readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildGateway } from '../../../../build.ts';
import { createEmptyDatabase, createTestDatabase } from '../../../support/database.ts';
import { startProgram } from '../../../support/gateway-program.ts';
import { call } from '../../../support/http.ts';
import { DEPLOY, readText } from './manifests.ts';

const ROOT = join(DEPLOY, '../../..');
/** Nobody, where root runs the tests; else whoever does. */
const account = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

let directory = '';
let app = '';
let inputs: readonly string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kite-image-'));
  app = join(directory, 'app');
  const built = join(directory, 'built');
  inputs = await buildGateway(built);
  // Nothing but the folder may be needed, and nothing in it is written.
  await mkdir(app);
  for (const name of (await readdir(built)).filter((one) => !one.endsWith('.map'))) {
    await cp(join(built, name), join(app, name), { recursive: true });
  }
  await rm(built, { recursive: true });
  await freeze(app);
  await chmod(directory, 0o555);
});
afterAll(async () => {
  await chmod(directory, 0o755);
  await rm(directory, { recursive: true, force: true });
});

async function freeze(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    await (entry.isDirectory() ? freeze(path) : chmod(path, 0o444));
  }
  await chmod(folder, 0o555);
}

const run = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
  startProgram(join(app, 'main.js'), { LOG_FORMAT: 'json', ...env }, { cwd: app, args, ...account });

test('the files of the image make a database, serve and end, as somebody who may write nothing', async () => {
  const database = await createEmptyDatabase();
  const migrated = await run({ DATABASE_URL: database.url }, 'migrate').ended;
  expect(migrated).toMatchObject({ code: 0, error: '' });
  expect(migrated.out).toContain('"applied":["0001_');

  const program = run({
    DATABASE_URL: database.url,
    KITE_METRICS_PORT: '0',
    KITE_ACCESS: '{}',
    HOST: '0.0.0.0',
  });
  const url = (await program.url).replace('0.0.0.0', '127.0.0.1');
  const status = (await program.status).replace('0.0.0.0', '127.0.0.1');
  expect(await call(status, 'GET', '/readyz')).toMatchObject({ status: 200 });
  expect(await call(url, 'GET', '/api/v1/health')).toMatchObject({ status: 200, body: { status: 'UP' } });
  expect(await call(url, 'GET', '/api/v1/openapi.json')).toMatchObject({ status: 200 });

  const made = startProgram(
    join(app, 'ops.js'),
    { DATABASE_URL: database.url },
    {
      cwd: app,
      args: ['keys', 'create', '--name', 'first', '--may', 'read,report', '--namespace', 'team-a'],
      ...account,
    },
  );
  const { out: key } = await made.ended;
  const headers = { authorization: `Bearer ${key.trim()}` };
  const failure = { pipelineName: 'image', namespace: 'team-a', failureReason: 'OOMKilled' };
  const reported = await call(url, 'POST', '/api/v1/webhooks/pipeline-failure', { body: failure, headers });
  expect(reported.status).toBe(201);
  const list = await call(url, 'GET', '/api/v1/issues?namespace=team-a', { headers });
  expect(list).toMatchObject({ status: 200, body: { total: 1 } });

  program.child.kill('SIGTERM');
  const { code, error } = await program.ended;
  expect({ code, error }).toEqual({ code: 0, error: '' });
  await database.drop();
});

test('without a database, and with a wrong one, it says so in a sentence', async () => {
  const none = await run({ KITE_DATA: '/var/lib/kite' }).ended;
  expect(none).toMatchObject({
    code: 1,
    error: 'Kite could not start: This copy of Kite has no database of its own with it: set DATABASE_URL.\n',
  });
});

test('a log for people works there too', async () => {
  const database = await createTestDatabase();
  const program = run({ DATABASE_URL: database.url, LOG_FORMAT: 'pretty' });
  await program.url;
  program.child.kill('SIGTERM');
  expect((await program.ended).out).toMatch(/INFO.*stopping/);
  await database.drop();
});

test('all that goes into the bundle is in the image’s context, and is copied', () => {
  const dockerfile = readText('Dockerfile');
  const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
    sources.split(' '),
  );
  const allowed = readText('Dockerfile.dockerignore')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  const within = (path: string, places: readonly string[]) =>
    places.some((place) => path === place || path.startsWith(`${place}/`));
  expect(copied.filter((path) => !within(path, allowed))).toEqual([]);
  expect(allowed.filter((path) => !copied.includes(path))).toEqual([]);
  const own = inputs.filter((path) => !path.startsWith('node_modules/'));
  expect(own.length).toBeGreaterThan(100);
  for (const path of [...own, 'build.ts', 'package-lock.json', 'db/migrations', 'db/patches']) {
    expect(within(path, copied), path).toBe(true);
  }
  // What is bundled is installed without scripts: none of it may need one.
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const packages = new Set(
    inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  );
  expect([...packages].filter((name) => lock.packages[name]?.hasInstallScript === true)).toEqual([]);
});
