import { Agent, get, type IncomingMessage, request } from 'node:http';
import { expect, test, vi } from 'vitest';
import { echo, echoed, gatewayOver, held } from '../../support/gateway.ts';
import { call, converse } from '../../support/http.ts';

const issuesPath = '/api/v1/issues';
const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

test('a path is answered with and without a slash at its end, never by redirect', async () => {
  const { url } = await gatewayOver({ 'issues.create': echo });
  for (const path of [issuesPath, `${issuesPath}/`]) {
    const answer = await call(url, 'POST', path, { body: { title: 'é' } });
    expect(answer.status).toBe(200);
    expect(echoed(answer.body)).toMatchObject({ path, resource: issuesPath, body: '{"title":"é"}' });
  }
});

test('unknown paths and wrong methods are told in the one error format', async () => {
  const { url } = await gatewayOver({ 'issues.list': echo, 'issues.create': echo });
  const unknown = await call(url, 'GET', '/api/v1/nothing');
  expect(unknown).toMatchObject({ status: 404, body: { code: 'route_not_found', details: [] } });
  const wrong = await call(url, 'DELETE', issuesPath);
  expect(wrong).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
  expect(wrong.headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS');
  const options = await call(url, 'OPTIONS', `${issuesPath}/`);
  expect(options).toMatchObject({ status: 204, body: '' });
  expect(options.headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS');
  expect(options.headers.has('content-length')).toBe(false);
});

test('repeated headers reach the handler separately, under the spelling of the first', async () => {
  const { url } = await gatewayOver({ 'issues.list': echo });
  const headers = [
    'Host: x',
    'Impersonate-Group: a, b',
    'impersonate-group: c',
    '__proto__: p',
    'Connection: close',
  ];
  const text = await converse(url, [`GET ${issuesPath} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`]);
  const event = echoed(JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)));
  expect(event.multiValueHeaders['Impersonate-Group']).toEqual(['a, b', 'c']);
  expect(event.headers['Impersonate-Group']).toBe('c');
  expect(Object.keys(event.headers)).toEqual(['Host', 'Impersonate-Group', '__proto__', 'Connection']);
});

test('the query arrives decoded, each value by itself; the path parameters too', async () => {
  const { url } = await gatewayOver({ 'issues.get': echo });
  const answer = await call(url, 'GET', `${issuesPath}/a%20b/?label=a%3Db&label=c+d&namespace=&x`);
  expect(echoed(answer.body)).toMatchObject({
    path: `${issuesPath}/a%20b/`,
    pathParameters: { id: 'a b' },
    queryStringParameters: { label: 'c d', namespace: '', x: '' },
    multiValueQueryStringParameters: { label: ['a=b', 'c d'], namespace: [''], x: [''] },
    requestContext: {
      stage: 'local',
      resourcePath: `${issuesPath}/{id}`,
      identity: { sourceIp: '127.0.0.1' },
    },
  });
  const bare = await call(url, 'GET', `${issuesPath}/1`);
  expect(echoed(bare.body)).toMatchObject({
    queryStringParameters: null,
    body: null,
    isBase64Encoded: false,
  });
});

test('a target in absolute form counts by its path', async () => {
  const { url } = await gatewayOver({ 'issues.list': echo });
  const text = await converse(url, [`GET http://kite.example.com${issuesPath}?a=1 HTTP/1.0\r\n\r\n`]);
  expect(text).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(text).toContain(`"path":"${issuesPath}"`);
});

test('a body that is not UTF-8 arrives in base64', async () => {
  const { url } = await gatewayOver({ 'issues.create': echo });
  const bytes = Uint8Array.of(0xff, 0x00, 0x7b);
  const { body } = await call(url, 'POST', issuesPath, { body: bytes });
  expect(echoed(body)).toMatchObject({ isBase64Encoded: true, body: Buffer.from(bytes).toString('base64') });
});

test('a handler’s headers, repeated ones and bytes go out as they are', async () => {
  const { url } = await gatewayOver({
    'issues.list': async () => ({
      statusCode: 202,
      headers: { 'X-Count': 3, 'Content-Length': 7, 'content-type': 'application/octet-stream' },
      multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] },
      body: Buffer.from([0, 255]).toString('base64'),
      isBase64Encoded: true,
    }),
  });
  const response = await fetch(`${url}${issuesPath}`);
  expect(response.status).toBe(202);
  expect(response.headers.get('x-count')).toBe('3');
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(response.headers.get('content-length')).toBe('2');
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(Uint8Array.of(0, 255));
});

test('HEAD is answered like GET without the body', async () => {
  const { url } = await gatewayOver({ 'issues.list': echo });
  const text = await converse(url, [`HEAD ${issuesPath} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`]);
  const [head = '', ...rest] = text.split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(Number(/content-length: (\d+)/i.exec(head)?.[1])).toBeGreaterThan(100);
  expect(rest).toEqual(['']);
});

test('a good request id is kept, another replaced; it is on every answer, in the error, and at the handler', async () => {
  const { url } = await gatewayOver({ 'issues.list': echo });
  const kept = await call(url, 'GET', issuesPath, { headers: { 'x-request-id': 'trace:1.a-B_2' } });
  expect(kept.headers.get('x-request-id')).toBe('trace:1.a-B_2');
  expect(echoed(kept.body).requestContext.requestId).toBe('trace:1.a-B_2');
  const wrong = await call(url, 'GET', '/nothing', { headers: { 'x-request-id': 'own' } });
  expect(wrong.headers.get('x-request-id')).toBe('own');
  expect(wrong.body).toMatchObject({ requestId: 'own' });
  for (const bad of ['a b', 'x'.repeat(101), '{"a":1}']) {
    const { headers } = await call(url, 'GET', issuesPath, { headers: { 'x-request-id': bad } });
    expect(headers.get('x-request-id')).toMatch(uuidForm);
  }
  const options = await call(url, 'OPTIONS', issuesPath);
  expect(options.headers.get('x-request-id')).toMatch(uuidForm);
});

test('what a handler throws, or answers against HTTP, is an internal error without details', async () => {
  const { url, log } = await gatewayOver({
    'issues.list': () => Promise.reject(new Error('select secret from table')),
    'issues.get': async () => ({ statusCode: 200, headers: { 'x-bad': 'a\r\nb' }, body: '{}' }),
    'issues.events': async () => ({ statusCode: 99, body: '{}' }),
  });
  for (const path of [issuesPath, `${issuesPath}/1`, `${issuesPath}/1/events`]) {
    const { status, headers, body } = await call(url, 'GET', path);
    expect(status).toBe(500);
    expect(headers.has('x-bad')).toBe(false);
    expect(body).toMatchObject({ code: 'internal', requestId: headers.get('x-request-id') });
    expect(JSON.stringify(body)).not.toContain('secret');
  }
  expect(log.filter(({ level }) => level === 50)).toHaveLength(3);
});

test('one line a request: route, status, duration and id, but nothing of query, headers or body', async () => {
  const { url, log } = await gatewayOver({ 'issues.update': echo });
  await call(url, 'PUT', `${issuesPath}/hidden-a?namespace=hidden-b`, {
    body: { title: 'hidden-c' },
    headers: { authorization: 'hidden-d', 'x-request-id': 'seen' },
  });
  await vi.waitFor(() => expect(log).toHaveLength(1));
  expect(log[0]).toMatchObject({
    method: 'PUT',
    route: `${issuesPath}/{id}`,
    status: 200,
    durationMs: expect.any(Number),
    requestId: 'seen',
  });
  expect(JSON.stringify(log)).not.toContain('hidden');
});

function fetchWith(agent: Agent, url: string): Promise<{ response: IncomingMessage; reused: boolean }> {
  return new Promise((resolve, reject) => {
    const sent = get(url, { agent }, (response) => {
      response.resume().once('end', () => resolve({ response, reused: sent.reusedSocket }));
    });
    sent.once('error', reject);
  });
}

test('a connection is used again, also after an error', async () => {
  const { url } = await gatewayOver({ 'issues.list': echo });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const paths = [issuesPath, '/nothing', issuesPath];
  const seen: boolean[] = [];
  for (const path of paths) {
    seen.push((await fetchWith(agent, `${url}${path}`)).reused);
  }
  agent.destroy();
  expect(seen).toEqual([false, true, true]);
});

test('a handler that does not answer in time is answered for; its place stays taken until it is done', async () => {
  const slow = held();
  const { url } = await gatewayOver(
    { 'issues.list': slow.handler, 'health.get': echo },
    { requestTimeout: 30, maxInFlight: 1 },
  );
  const late = await call(url, 'GET', issuesPath);
  expect(late).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  expect(late.headers.get('retry-after')).toBe('1');
  const full = await call(url, 'GET', '/api/v1/health');
  expect(full.status).toBe(503);
  slow.release();
  await vi.waitFor(async () => expect((await call(url, 'GET', '/api/v1/health')).status).toBe(200));
});

test('a handler is told how long it may take', async () => {
  const { url } = await gatewayOver(
    {
      'issues.list': async (_, context) => ({
        statusCode: 200,
        body: JSON.stringify([context.awsRequestId, context.getRemainingTimeInMillis()]),
      }),
    },
    { requestTimeout: 4000 },
  );
  const { body } = await call(url, 'GET', issuesPath, { headers: { 'x-request-id': 'r1' } });
  expect(body).toEqual(['r1', expect.toSatisfy((left: number) => left > 3000 && left <= 4000)]);
});

test('more requests than may be at work are turned away at once and may come again', async () => {
  const busy = held();
  const { url } = await gatewayOver({ 'issues.create': busy.handler }, { maxInFlight: 2 });
  const running = [1, 2].map(() => call(url, 'POST', issuesPath, { body: {} }));
  await vi.waitFor(async () => {
    const refused = await call(url, 'POST', issuesPath, { body: 'x'.repeat(100_000) });
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(refused.headers.get('retry-after')).toBe('1');
  });
  busy.release();
  expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await call(url, 'POST', issuesPath, { body: {} })).status).toBe(200);
});

test('a client that leaves is no error, while its handler runs or its body arrives', async () => {
  const slow = held();
  const { url, log } = await gatewayOver(
    { 'issues.list': slow.handler, 'issues.create': echo },
    { maxInFlight: 1 },
  );
  const reading = new AbortController();
  const first = fetch(`${url}${issuesPath}`, { signal: reading.signal });
  await slow.called;
  reading.abort();
  await expect(first).rejects.toThrow('aborted');
  await vi.waitFor(() => expect(log).toHaveLength(1));
  slow.release();
  await vi.waitFor(async () => expect((await call(url, 'GET', issuesPath)).status).toBe(200));
  const sending = request(`${url}${issuesPath}`, { method: 'POST', headers: { 'content-length': 100 } });
  sending.on('error', () => undefined);
  sending.write('{', () => sending.destroy());
  await vi.waitFor(() => expect(log.filter((line) => line.aborted === true)).toHaveLength(2));
  expect(log.filter(({ level }) => Number(level) > 30)).toEqual([]);
});

test('a port that is taken is told in a sentence', async () => {
  const { port } = await gatewayOver({});
  await expect(gatewayOver({}, { port })).rejects.toThrow(
    `port ${port} on 127.0.0.1 is taken: stop the other program or set PORT=0 for any free one`,
  );
});
