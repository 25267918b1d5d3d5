import { randomUUID } from 'node:crypto';
import { connect as dial } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { call } from '../support/http.ts';
import { startServer, type TestServer } from '../support/server.ts';

// Many cases, on a machine that may be busy: the time says nothing, the cases do.
vi.setConfig({ testTimeout: 240_000 });

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** Sends a request and dies before the answer can come. */
function sendAndDie(path: string, body: string): Promise<void> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = dial(Number(port), hostname, () => {
      const head = `POST ${path} HTTP/1.1\r\nHost: kite\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
      socket.write(head + body, () => socket.destroy());
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
}

describe('a client that died between sending and the answer may simply send again', () => {
  test('with the same event id the failure counts once, whether or not the first one arrived', async () => {
    const rounds = 40;
    for (let round = 0; round < rounds; round += 1) {
      const pipelineName = `p-${randomUUID()}`;
      const body = JSON.stringify({
        pipelineName,
        namespace: 'team-a',
        failureReason: 'boom',
        runId: `run-${round}`,
      });
      await sendAndDie('/api/v1/webhooks/pipeline-failure?namespace=team-a', body);
      const again = await call(server.url, 'POST', '/api/v1/webhooks/pipeline-failure', {
        body: JSON.parse(body),
      });
      expect(again.status).toBe(201);
      const listed = await call(server.url, 'GET', '/api/v1/issues', {
        query: { namespace: 'team-a', resourceName: pipelineName },
      });
      expect(listed.body).toMatchObject({ total: 1, data: [{ occurrences: 1, state: 'ACTIVE' }] });
    }
  });

  test('a batch that was cut off and sent again counts each report once', async () => {
    const name = `p-${randomUUID()}`;
    const observedAt = new Date(Date.now() - 60_000).toISOString();
    const reports = Array.from({ length: 200 }, (_, n) => ({
      namespace: 'team-a',
      scope: { resourceType: 'pipelinerun', resourceName: `${name}-${n % 20}` },
      issueType: 'pipeline',
      outcome: 'failing',
      source: 'ci',
      eventId: `e-${n}`,
      observedAt,
      title: 't',
      description: 'd',
      severity: 'minor',
    }));
    const body = JSON.stringify({ reports });
    await Promise.all([
      sendAndDie('/api/v1/reports', body),
      sendAndDie('/api/v1/reports', body),
      call(server.url, 'POST', '/api/v1/reports', { body: { reports } }),
    ]);
    const again = await call(server.url, 'POST', '/api/v1/reports', { body: { reports } });
    expect(again.status).toBe(200);
    const { results } = again.body as { results: { status: string }[] };
    expect(new Set(results.map((result) => result.status))).toEqual(new Set(['duplicate']));
    const listed = await call(server.url, 'GET', '/api/v1/issues', {
      query: { namespace: 'team-a', search: name },
    });
    const { data } = listed.body as { data: { occurrences: number }[] };
    expect(data).toHaveLength(20);
    expect(data.every((issue) => issue.occurrences === 10)).toBe(true);
  });
});
