import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildGateway } from '../../../build.ts';
import { operations } from '../../../core/contract/operations.ts';
import { freePort } from '../../cluster/port.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { type GatewayProgram, startProgram } from '../../support/gateway-program.ts';
import { call } from '../../support/http.ts';
import { type Relay, startRelay } from '../../support/relay.ts';

let built = '';
let database: TestDatabase;
let relay: Relay;

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'kite-status-'));
  await buildGateway(built);
  database = await createTestDatabase();
  relay = await startRelay(database.url);
});
afterAll(async () => {
  await relay.close();
  await database.drop();
  await rm(built, { recursive: true, force: true });
});

function start(env: Readonly<Record<string, string>> = {}): GatewayProgram {
  return startProgram(join(built, 'main.js'), {
    DATABASE_URL: relay.url,
    KITE_METRICS_PORT: '0',
    LOG_LEVEL: 'warn',
    ...env,
  });
}

/** The samples, by name and labels as Prometheus writes them. */
async function samples(status: string): Promise<ReadonlyMap<string, number>> {
  const { headers, body } = await call(status, 'GET', '/metrics');
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return new Map(
    String(body)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const end = line.lastIndexOf(' ');
        return [line.slice(0, end), Number(line.slice(end + 1))];
      }),
  );
}

const ask = async (status: string, path: string) => {
  const { status: code, body } = await call(status, 'GET', path);
  return { code, body };
};
const ready = { code: 200, body: 'ready\n' };
const soon = { interval: 20, timeout: 15_000 };

test('it counts requests and reports by operation, and tells of the database, and asks for no token', async () => {
  const program = start({ KITE_ACCESS: '{}', KITE_DATABASE_CONNECTIONS: '3' });
  const [url, status] = [await program.url, await program.status];
  expect(status).not.toBe(url);
  await call(url, 'GET', '/api/v1/version');
  await call(url, 'GET', '/api/v1/version');
  await call(url, 'GET', '/api/v1/issues?namespace=a');
  await call(url, 'GET', '/api/v1/nothing/here');
  await call(url, 'GET', '/api/v1/nothing/there');
  await call(url, 'DELETE', '/api/v1/version');
  const found = await samples(status);
  expect(Object.fromEntries([...found].filter(([name]) => name.startsWith('kite_requests_total')))).toEqual({
    'kite_requests_total{operation="version.get",method="GET",status="2xx"}': 2,
    'kite_requests_total{operation="issues.list",method="GET",status="4xx"}': 1,
    'kite_requests_total{operation="none",method="GET",status="4xx"}': 2,
    'kite_requests_total{operation="none",method="DELETE",status="4xx"}': 1,
  });
  expect(found.get('kite_request_seconds_count{operation="version.get"}')).toBe(2);
  expect(found.get('kite_requests_in_flight')).toBe(0);
  expect(found.get('kite_database_connections_limit')).toBe(3);
  expect(found.get('kite_database_connections{state="busy"}')).toBeGreaterThanOrEqual(0);
  expect(found.get('kite_database_waiting')).toBe(0);
  expect(found.get('kite_database_up')).toBe(1);
  expect(found.get('kite_database_server_connections')).toBeGreaterThan(0);
  expect(found.get('kite_upkeep_last_success_seconds{task="history"}')).toBeGreaterThan(1.7e9);
  expect(found.get('kite_upkeep_failures_total{task="words"}')).toBe(0);
  expect([...found.keys()]).toContainEqual(expect.stringMatching(/^kite_info\{version=".+",node=".+"\}$/));
  expect(found.get('process_cpu_seconds_total')).toBeGreaterThan(0);
});

test('reports are counted by what became of them', async () => {
  const program = start();
  const [url, status] = [await program.url, await program.status];
  const failure = { pipelineName: 'counted', namespace: 'team-a', failureReason: 'OOMKilled', runId: 'r1' };
  for (const _ of ['opened', 'duplicate']) {
    await call(url, 'POST', '/api/v1/webhooks/pipeline-failure', { body: failure });
  }
  await call(url, 'POST', '/api/v1/webhooks/pipeline-failure', { body: {} });
  const found = await samples(status);
  const reports = [...found].filter(([name]) => name.startsWith('kite_reports_total'));
  expect(Object.fromEntries(reports)).toEqual({
    'kite_reports_total{operation="webhooks.pipeline-failure",outcome="opened"}': 1,
    'kite_reports_total{operation="webhooks.pipeline-failure",outcome="duplicate"}': 1,
    'kite_reports_total{operation="webhooks.pipeline-failure",outcome="rejected"}': 1,
  });
});

test('whatever a caller makes up, there are no more series than operations, methods and statuses', async () => {
  const program = start();
  const [url, status] = [await program.url, await program.status];
  for (let turn = 0; turn < 40; turn += 1) {
    await call(url, ['GET', 'PROPFIND', 'MKCOL', 'POST'][turn % 4] ?? '', `/api/v1/made-up-${turn}`);
    await call(url, 'GET', `/api/v1/issues/${turn}`, { headers: { 'user-agent': `agent ${turn}` } });
  }
  const series = [...(await samples(status)).keys()].filter((name) => name.startsWith('kite_request'));
  const known = new Set<string>([...Object.keys(operations), 'none']);
  for (const name of series) {
    const operation = /operation="([^"]*)"/.exec(name)?.[1];
    expect(operation === undefined || known.has(operation), name).toBe(true);
  }
  expect(series.filter((name) => name.includes('_total')).length).toBeLessThan(10);
});

test('its port answers nothing else, and only reads', async () => {
  const program = start();
  const status = await program.status;
  expect(await ask(status, '/api/v1/version')).toMatchObject({ code: 404 });
  expect(await ask(status, '/')).toEqual({ code: 404, body: 'There are /livez, /readyz and /metrics.\n' });
  const written = await call(status, 'POST', '/metrics', { body: {} });
  expect([written.status, written.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect((await call(status, 'HEAD', '/metrics')).body).toBe('');
  expect(await call(await program.url, 'GET', '/metrics')).toMatchObject({ status: 404 });
});

test('a database that is away makes it unready, not dead; requests are answered, and it comes back by itself', async () => {
  const program = start();
  const [url, status] = [await program.url, await program.status];
  expect(await ask(status, '/readyz')).toEqual(ready);
  relay.cut();
  await expect
    .poll(() => ask(status, '/readyz'), soon)
    .toEqual({ code: 503, body: 'The database does not answer.\n' });
  expect(await ask(status, '/livez')).toEqual({ code: 200, body: 'alive\n' });
  expect((await call(url, 'GET', '/api/v1/issues?namespace=a')).status).toBe(503);
  const away = await samples(status);
  expect([away.get('kite_database_up'), away.get('kite_ready')]).toEqual([0, 0]);
  expect(away.has('kite_database_server_connections')).toBe(false);
  relay.mend();
  await expect.poll(() => ask(status, '/readyz'), soon).toEqual(ready);
  expect((await samples(status)).get('kite_ready')).toBe(1);
  program.child.kill('SIGTERM');
  const { code, out } = await program.ended;
  expect(code).toBe(0);
  expect(out.match(/"msg":"the database does not answer"/g)).toHaveLength(1);
  expect(out.match(/"msg":"the database answers again"/g)).toHaveLength(1);
});

test('a connection on which nothing comes any more does not keep it unready', async () => {
  const program = start();
  const status = await program.status;
  expect(await ask(status, '/readyz')).toEqual(ready);
  relay.mute();
  await expect.poll(() => ask(status, '/readyz'), soon).toMatchObject({ code: 503 });
  await expect.poll(() => ask(status, '/readyz'), soon).toEqual(ready);
});

test('statements that wait for a connection are no reason to be unready', async () => {
  const program = start({
    KITE_DATABASE_CONNECTIONS: '1',
    KITE_DATABASE_TIMEOUT: '20s',
    KITE_REQUEST_TIMEOUT: '20s',
  });
  const [url, status] = [await program.url, await program.status];
  const holder = await database.sql.reserve();
  await holder`begin`;
  await holder`lock table issues in access exclusive mode`;
  const list = () => call(url, 'GET', '/api/v1/issues?namespace=a');
  const waiting = Promise.all([list(), list(), list()]);
  await expect
    .poll(async () => (await samples(status)).get('kite_database_waiting'), soon)
    .toBeGreaterThanOrEqual(2);
  const found = await samples(status);
  expect(found.get('kite_database_connections{state="busy"}')).toBe(1);
  expect(found.get('kite_requests_in_flight')).toBe(3);
  expect(await ask(status, '/readyz')).toEqual(ready);
  await holder`rollback`;
  holder.release();
  expect((await waiting).map((answer) => answer.status)).toEqual([200, 200, 200]);
});

test('a database that is not there yet is waited for, alive and unready', async () => {
  relay.cut();
  const program = start();
  await program.written(/"msg":"the database of DATABASE_URL \(.+\) does not answer yet; it is waited for"/);
  program.child.kill('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, error: '' });

  const port = String(await freePort());
  const again = start({ KITE_METRICS_PORT: port });
  const status = `http://127.0.0.1:${port}`;
  await again.written(/does not answer yet/);
  expect(await ask(status, '/livez')).toMatchObject({ code: 200 });
  expect(await ask(status, '/readyz')).toEqual({ code: 503, body: 'Kite is starting.\n' });
  expect((await samples(status)).get('kite_ready')).toBe(0);
  relay.mend();
  await again.url;
  expect(await ask(status, '/readyz')).toEqual(ready);
});
