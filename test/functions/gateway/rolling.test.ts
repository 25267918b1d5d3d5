import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildGateway } from '../../../build.ts';
import { type Backend, startBalancer } from '../../support/balancer.ts';
import { createTestDatabase } from '../../support/database.ts';
import { echo, gatewayOver } from '../../support/gateway.ts';
import { type GatewayProgram, startProgram } from '../../support/gateway-program.ts';
import { call, converse } from '../../support/http.ts';

let built = '';
beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'kite-rolling-'));
  await buildGateway(built);
});
afterAll(() => rm(built, { recursive: true, force: true }));

interface Outcome {
  readonly status: number | string;
  /** What the answer said of its connection. */
  readonly connection: string;
}

/** One request, which is not sent again whatever becomes of it. */
function send(url: string, path: string, agent: Agent | false, body?: object): Promise<Outcome> {
  return new Promise((resolve) => {
    const sent = request(
      `${url}${path}`,
      { agent, method: body === undefined ? 'GET' : 'POST' },
      (answer) => {
        answer.resume();
        answer.on('error', (error) => resolve({ status: String(error), connection: '' }));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, connection: answer.headers.connection ?? '' }),
        );
      },
    );
    sent.on('error', (error) => resolve({ status: String(error), connection: '' }));
    if (body !== undefined) {
      sent.setHeader('content-type', 'application/json');
    }
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Clients that send one request after the other, some over a connection that they keep, until they are told to end. */
function startLoad(url: string, keeping: number, renewing: number) {
  const outcomes: Outcome[] = [];
  let isOver = false;
  let reports = 0;
  const work = async (agent: Agent | false, number: number): Promise<void> => {
    for (let turn = 0; !isOver; turn += 1) {
      const isReport = turn % 3 === 0;
      reports += isReport ? 1 : 0;
      const report = {
        pipelineName: 'rolling',
        namespace: 'team-a',
        failureReason: 'failed',
        runId: `run-${number}-${turn}`,
      };
      outcomes.push(
        isReport
          ? await send(url, '/api/v1/webhooks/pipeline-failure', agent, report)
          : await send(url, '/api/v1/issues?namespace=team-a', agent),
      );
    }
    if (agent !== false) {
      agent.destroy();
    }
  };
  const clients = Array.from({ length: keeping + renewing }, (_, number) =>
    work(number < keeping ? new Agent({ keepAlive: true, maxSockets: 1 }) : false, number),
  );
  return {
    outcomes,
    async end() {
      isOver = true;
      await Promise.all(clients);
      return { outcomes, reports };
    },
  };
}

test('processes are replaced under load, and no request fails, on kept and on new connections', async () => {
  const database = await createTestDatabase();
  const balancer = await startBalancer();
  const begin = async (): Promise<{ readonly program: GatewayProgram; readonly backend: Backend }> => {
    const program = startProgram(join(built, 'main.js'), {
      DATABASE_URL: database.url,
      KITE_METRICS_PORT: '0',
      KITE_DRAIN_DELAY: '2s',
      LOG_LEVEL: 'warn',
    });
    const backend = { url: await program.url, status: await program.status };
    balancer.add(backend);
    await expect.poll(() => balancer.isReady(backend), { interval: 10, timeout: 20_000 }).toBe(true);
    return { program, backend };
  };
  let old = await begin();
  const load = startLoad(balancer.url, 4, 2);
  const grows = async (): Promise<void> => {
    const before = load.outcomes.length;
    await expect
      .poll(() => load.outcomes.length, { interval: 10, timeout: 20_000 })
      .toBeGreaterThan(before + 50);
  };
  await grows();
  for (const _ of ['first', 'second']) {
    const next = await begin();
    await grows();
    old.program.child.kill('SIGTERM');
    const { code, error } = await old.program.ended;
    expect({ code, error }).toEqual({ code: 0, error: '' });
    await grows();
    old = next;
  }
  const { outcomes, reports } = await load.end();
  const failed = outcomes.filter(({ status }) => status !== 200 && status !== 201);
  expect({ failed, refused: balancer.refused() }).toEqual({ failed: [], refused: 0 });
  expect(outcomes.length).toBeGreaterThan(250);
  const list = await call(old.backend.url, 'GET', '/api/v1/issues?namespace=team-a');
  expect(list.body).toMatchObject({ total: 1, data: [{ occurrences: reports }] });
  await balancer.close();
  old.program.child.kill('SIGTERM');
  await old.program.ended;
  await database.drop();
}, 120_000);

test('while it drains it is unready and alive, and answers the last request of each connection', async () => {
  const database = await createTestDatabase();
  const program = startProgram(join(built, 'main.js'), {
    DATABASE_URL: database.url,
    KITE_METRICS_PORT: '0',
    KITE_DRAIN_DELAY: '60m',
  });
  const [url, status] = [await program.url, await program.status];
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect(await send(url, '/api/v1/version', agent)).toEqual({ status: 200, connection: 'keep-alive' });
  program.child.kill('SIGTERM');
  await expect
    .poll(() => call(status, 'GET', '/readyz'), { interval: 10 })
    .toMatchObject({ status: 503, body: 'Kite is stopping.\n' });
  expect(await call(status, 'GET', '/livez')).toMatchObject({ status: 200 });
  expect(await send(url, '/api/v1/version', agent)).toEqual({ status: 200, connection: 'close' });
  expect(await send(url, '/api/v1/version', false)).toEqual({ status: 200, connection: 'close' });
  agent.destroy();
  // Whoever does not want to wait says so once more.
  const insist = setInterval(() => program.child.kill('SIGTERM'), 50);
  expect((await program.ended).code).toBe(1);
  clearInterval(insist);
  await database.drop();
});

test('from the drain on each answer is the last one of its connection', async () => {
  const gateway = await gatewayOver({ 'issues.list': echo });
  const ask = 'GET /api/v1/issues HTTP/1.1\r\nHost: x\r\n\r\n';
  const before = await converse(gateway.url, [ask], { isEnough: (text) => text.includes('\r\n\r\n{') });
  expect(before).toMatch(/^connection: keep-alive/im);
  gateway.drain();
  const after = await converse(gateway.url, [ask]);
  expect(after).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(after).toMatch(/^connection: close/im);
});
