import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { echo, gatewayOver, held } from '../../support/gateway.ts';
import { call, converse } from '../../support/http.ts';

const issuesPath = '/api/v1/issues';
const ask = `GET ${issuesPath} HTTP/1.1\r\nHost: x\r\n\r\n`;

test('closing finishes what runs and takes nothing new', async () => {
  const slow = held();
  const gateway = await gatewayOver({ 'issues.list': slow.handler });
  const running = converse(gateway.url, [ask]);
  await slow.called;
  const closed = gateway.close();
  await expect(call(gateway.url, 'GET', issuesPath)).rejects.toThrow('fetch failed');
  slow.release();
  const answer = await running;
  await closed;
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(answer).toMatch(/^connection: close/im);
  expect(gateway.close()).toBe(closed);
});

test('closing waits for a body that is still arriving', async () => {
  const gateway = await gatewayOver({ 'issues.create': echo, 'issues.list': echo });
  const socket = connect(gateway.port, '127.0.0.1').setEncoding('utf8');
  const answered = new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (part: string) => {
      text += part;
    });
    socket.on('end', () => resolve(text));
  });
  socket.write(`POST ${issuesPath} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  const closed = gateway.close();
  socket.write('{}');
  expect(await answered).toContain('HTTP/1.1 200 OK');
  await closed;
});

test('idle connections, used before or not, do not hold the end up', async () => {
  const gateway = await gatewayOver({ 'issues.list': echo }, { shutdownTimeout: 60_000 });
  const ends: Promise<unknown>[] = [];
  for (const message of [ask, '']) {
    const socket = connect(gateway.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    ends.push(new Promise((resolve) => socket.once('close', resolve)));
    if (message !== '') {
      socket.write(message);
      await new Promise((resolve) => socket.once('data', resolve));
    } else {
      socket.resume();
    }
  }
  await gateway.close();
  await Promise.all(ends);
});

test('what does not finish within the shutdown timeout is cut, and told in the log', async () => {
  const stuck = held();
  const gateway = await gatewayOver({ 'issues.list': stuck.handler }, { shutdownTimeout: 50 });
  const running = call(gateway.url, 'GET', issuesPath);
  const refused = expect(running).rejects.toThrow('fetch failed');
  await stuck.called;
  await gateway.close();
  await refused;
  expect(gateway.log).toContainEqual(expect.objectContaining({ level: 40, requests: 1, handlers: 1 }));
  stuck.release();
});

test('closing waits for handlers whose callers are gone: they still use the database', async () => {
  const slow = held();
  const gateway = await gatewayOver({ 'issues.list': slow.handler }, { requestTimeout: 20 });
  expect((await call(gateway.url, 'GET', issuesPath)).status).toBe(503);
  let isClosed = false;
  const closed = gateway.close().then(() => {
    isClosed = true;
  });
  await expect(call(gateway.url, 'GET', issuesPath)).rejects.toThrow('fetch failed');
  expect(isClosed).toBe(false);
  slow.release();
  await closed;
});
