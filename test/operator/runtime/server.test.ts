import { createServer } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { Readiness } from '../../../operator/runtime/health.ts';
import { createMetrics } from '../../../operator/runtime/metrics.ts';
import { type StatusServer, startStatusServer } from '../../../operator/runtime/server.ts';
import { recordingLog } from './watching.ts';

const ready: Readiness = {
  isReady: true,
  isConfigValid: true,
  problems: [],
  warnings: ['Somebody should see to this.'],
  role: 'alone',
  controllers: [],
  journal: { pending: 0, dead: 0, oldestSeconds: 0 },
  lastSend: null,
};

let server: StatusServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(readiness: () => Readiness, host: string | undefined = '127.0.0.1', port = 0) {
  const { log, lines } = recordingLog();
  const metrics = createMetrics();
  server = await startStatusServer({ host, port, readiness, metrics: () => metrics.text(), log });
  const { port: own } = server;
  const ask = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${own}${path}`, { method });
  return { ask, metrics, lines, port: own };
}

test('/healthz answers while the process does anything at all', async () => {
  const { ask } = await start(() => ({ ...ready, isReady: false }));
  const answer = await ask('/healthz');
  expect([answer.status, await answer.text()]).toEqual([200, 'alive\n']);
});

test('/readyz has the status that probes look at, and the sentences that people read', async () => {
  let readiness = ready;
  const { ask } = await start(() => readiness);
  const good = await ask('/readyz?verbose');
  expect(good.status).toBe(200);
  expect(good.headers.get('cache-control')).toBe('no-store');
  expect(await good.json()).toMatchObject({ status: 'ready', warnings: ['Somebody should see to this.'] });
  readiness = { ...ready, isReady: false, problems: ['The journal cannot be written.'] };
  const bad = await ask('/readyz');
  expect(bad.status).toBe(503);
  expect(await bad.json()).toMatchObject({ status: 'unready', problems: ['The journal cannot be written.'] });
});

test('/metrics has what was counted, in the text format of Prometheus', async () => {
  const { ask, metrics } = await start(() => ready);
  metrics.count('reports_sent', { controller: 'pipelinerun', outcome: 'opened' }, 2);
  metrics.gauge('leader', 1);
  metrics.time('send_seconds', 0.2);
  const answer = await ask('/metrics');
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  expect(text).toContain('kite_operator_reports_sent_total{controller="pipelinerun",outcome="opened"} 2\n');
  expect(text).toContain('kite_operator_leader 1\n');
  expect(text).toContain('kite_operator_send_seconds_bucket{le="0.25"} 1\n');
  expect(text).toContain('process_resident_memory_bytes');
});

test('HEAD has no body, other paths and methods are told what there is', async () => {
  const { ask } = await start(() => ready);
  const head = await ask('/readyz', 'HEAD');
  expect([head.status, await head.text()]).toEqual([200, '']);
  const other = await ask('/ready');
  expect([other.status, await other.text()]).toEqual([404, 'There are /healthz, /readyz and /metrics.\n']);
  const post = await ask('/readyz', 'POST');
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test('a failure of its own is answered and logged', async () => {
  const { ask, lines } = await start(() => {
    throw new Error('out of order');
  });
  expect((await ask('/readyz')).status).toBe(500);
  expect(lines).toMatchObject([{ level: 'error', fields: { path: '/readyz' } }]);
  expect((await ask('/healthz')).status).toBe(200);
});

test('a port that is taken is named, with the setting that decides it', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  try {
    await expect(start(() => ready, '127.0.0.1', port)).rejects.toThrow(
      new RegExp(`cannot be served on 127\\.0\\.0\\.1:${port}, see server\\.port: .*EADDRINUSE`),
    );
  } finally {
    other.close();
  }
});
