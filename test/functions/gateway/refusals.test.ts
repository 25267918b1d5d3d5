import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import { limits } from '../../../core/contract/fields.ts';
import { echo, echoed, gatewayOver, held } from '../../support/gateway.ts';
import { call, converse } from '../../support/http.ts';

const issuesPath = '/api/v1/issues';
const post = `POST ${issuesPath} HTTP/1.1\r\nHost: x\r\n`;
const tooLarge = {
  status: 413,
  body: { code: 'payload_too_large', requestId: expect.any(String), error: expect.stringContaining('4 MiB') },
};

const isEnough = (received: string): boolean => received.endsWith('}');

/** Status, and the body when it is JSON, of an answer as it came over the wire. */
function parse(text: string): { readonly status: number; readonly head: string; readonly body: unknown } {
  const end = text.indexOf('\r\n\r\n');
  const body: unknown = JSON.parse(text.slice(end + 4));
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), head: text.slice(0, end), body };
}

test('a body of exactly the limit arrives, one byte more is refused', async () => {
  const { url } = await gatewayOver({
    'issues.create': async ({ body }) => ({ statusCode: 200, body: `${body?.length}` }),
  });
  expect((await call(url, 'POST', issuesPath, { body: 'x'.repeat(limits.body) })).body).toBe(limits.body);
  expect(await call(url, 'POST', issuesPath, { body: 'x'.repeat(limits.body + 1) })).toMatchObject(tooLarge);
});

test('a length above the limit is refused before a byte of the body is sent', async () => {
  const { url } = await gatewayOver({ 'issues.create': echo });
  const text = await converse(url, [`${post}Content-Length: ${limits.body + 1}\r\n\r\n`], { isEnough });
  expect(parse(text)).toMatchObject(tooLarge);
  expect(parse(text).head).toMatch(/connection: close/i);
});

test('a client that sends all of 20 MiB before it reads still sees the refusal', async () => {
  const { url } = await gatewayOver({ 'issues.create': echo });
  const size = 5 * limits.body;
  const body = Buffer.alloc(size);
  const withLength = await converse(url, [`${post}Content-Length: ${size}\r\n\r\n`, body], { late: true });
  expect(parse(withLength)).toMatchObject(tooLarge);
  const chunked = [
    `${post}Transfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n`,
    body,
    '\r\n0\r\n\r\n',
  ];
  expect(parse(await converse(url, chunked, { late: true }))).toMatchObject(tooLarge);
  expect(await call(url, 'POST', issuesPath, { body })).toMatchObject(tooLarge);
});

test('a chunked body is refused with the first byte too many, though no end was in sight', async () => {
  const { url, log } = await gatewayOver({ 'issues.create': echo });
  const size = (limits.body + 1).toString(16);
  const text = await converse(
    url,
    [`${post}Transfer-Encoding: chunked\r\n\r\n${size}\r\n`, Buffer.alloc(limits.body + 1)],
    { isEnough },
  );
  expect(parse(text)).toMatchObject(tooLarge);
  await vi.waitFor(() => expect(log).toHaveLength(1));
});

test('a refused body that never ends is cut off', async () => {
  const { port } = await gatewayOver({ 'issues.create': echo });
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let received = '';
  socket.on('data', (text: string) => {
    received += text;
  });
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  socket.write(`${post}Transfer-Encoding: chunked\r\n\r\n`);
  const sendOn = (): void => {
    if (!socket.destroyed) {
      socket.write(`${chunk.length.toString(16)}\r\n`);
      socket.write(chunk);
      socket.write('\r\n', sendOn);
    }
  };
  sendOn();
  await closed;
  expect(parse(received)).toMatchObject(tooLarge);
  expect(socket.bytesWritten).toBeLessThan(25 * limits.body);
});

test('a small body that nobody reads does not cost the connection', async () => {
  const { url } = await gatewayOver({ 'issues.list': echo });
  const unread = `POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345`;
  const next = `GET ${issuesPath} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
  const text = await converse(url, [unread, next]);
  expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 200']);
});

test('who asks before sending is told to go on, or is refused without sending', async () => {
  const { url } = await gatewayOver({ 'issues.create': echo });
  const ask = `${post}Expect: 100-continue\r\nConnection: close\r\n`;
  const refused = await converse(url, [`${ask}Content-Length: ${limits.body + 1}\r\n\r\n`], { isEnough });
  expect(parse(refused)).toMatchObject(tooLarge);
  const taken = await converse(url, [`${ask}Content-Length: 2\r\n\r\n`, '{}']);
  expect(taken).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  expect(echoed(parse(taken.slice(taken.indexOf('HTTP/1.1 200'))).body).body).toBe('{}');
});

const malformed: readonly (readonly [string, string, number, string])[] = [
  ['no HTTP', 'HELO kite\r\n\r\n', 400, 'invalid_request'],
  ['an unknown method', `FROB ${issuesPath} HTTP/1.1\r\nHost: x\r\n\r\n`, 400, 'invalid_request'],
  ['no Host', `GET ${issuesPath} HTTP/1.1\r\nConnection: close\r\n\r\n`, 400, 'invalid_request'],
  ['two lengths', `${post}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400, 'invalid_request'],
  [
    'a length and chunks',
    `${post}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
    400,
    'invalid_request',
  ],
  ['a bad chunk', `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400, 'invalid_request'],
  ['large headers', `${post}X-Large: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
  ['a large path', `GET /${'x'.repeat(200_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'headers_too_large'],
];
test.each(malformed)(
  '%s is answered in the one error format, with a request id',
  async (_, message, status, code) => {
    const { url, log } = await gatewayOver({ 'issues.list': echo, 'issues.create': echo });
    const answer = parse(await converse(url, [message]));
    expect(answer).toMatchObject({
      status,
      body: { code, error: expect.any(String), message: expect.any(String) },
    });
    const id = /^x-request-id: (\S+)/im.exec(answer.head)?.[1];
    expect(answer.body).toMatchObject({ requestId: id });
    await vi.waitFor(() => expect(log).toEqual([expect.objectContaining({ status, requestId: id })]));
  },
);

test('what follows a good request on its connection does not spoil the answer', async () => {
  const slow = held();
  const { url } = await gatewayOver({ 'issues.list': slow.handler });
  const conversation = converse(url, [
    `GET ${issuesPath} HTTP/1.1\r\nHost: x\r\n\r\n`,
    '\0\0garbage\r\n\r\n',
  ]);
  await slow.called;
  slow.release();
  expect(parse(await conversation)).toMatchObject({ status: 200, body: { held: false } });
});

test('a client that goes on sending after its headers were too large still sees the refusal', async () => {
  const { url } = await gatewayOver({ 'issues.list': echo });
  const messages = [`GET ${issuesPath} HTTP/1.1\r\nHost: x\r\n`];
  for (let index = 0; index < 100; index += 1) {
    messages.push(`X-Large-${index}: ${'x'.repeat(10_000)}\r\n`);
  }
  expect(parse(await converse(url, messages, { late: true }))).toMatchObject({ status: 431 });
});

const impatient = { head: 80, whole: 160, idle: 65_000 };

test('a head that does not arrive in time is told so, and the connection ends', async () => {
  const { url } = await gatewayOver({ 'issues.list': echo }, {}, impatient);
  const text = await converse(url, [`GET ${issuesPath} HTTP/1.1\r\nHost: x\r\nX-Slow`]);
  expect(parse(text)).toMatchObject({ status: 408, body: { code: 'request_timeout' } });
});

test('a body that does not arrive in time is told so, under the id of its request', async () => {
  const { url } = await gatewayOver({ 'issues.create': echo }, {}, impatient);
  const text = await converse(url, [`${post}Content-Length: 5\r\nX-Request-Id: slow-1\r\n\r\n12`]);
  expect(parse(text)).toMatchObject({ status: 408, body: { code: 'request_timeout', requestId: 'slow-1' } });
});

test('a connection on which nothing was ever sent ends without a word', async () => {
  const { url, log } = await gatewayOver({ 'issues.list': echo }, {}, impatient);
  expect(await converse(url, [])).toBe('');
  expect(log).toEqual([]);
});
