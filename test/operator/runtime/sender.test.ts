/** The sender delivers all that the journal holds over a network that breaks, and takes nothing out before the server has it. */
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSender } from '../../../operator/runtime/sender.ts';
import { startBrokenServer } from './broken-server.ts';
import { freshDirectory, journalIn, outgoing, pendingIn, teller } from './reporting.ts';
import { drained, kiteError, names, quick, sent, start, until } from './sending.ts';

describe('batches', () => {
  it('posts to the API in the order of the journal, at most so many at once', async () => {
    const setting = await start({ before: names(1203), limits: { ...quick, waitMs: 0 } });
    await drained(setting);
    const { server, sender, told } = setting;
    expect(server.asked.map(({ reports }) => reports.length)).toEqual([500, 500, 203]);
    expect(sent(server)).toEqual(names(1203));
    expect(server.asked[0]).toMatchObject({
      path: '/api/v1/reports',
      headers: { 'content-type': 'application/json', 'user-agent': 'kite-operator/test' },
    });
    expect(server.asked[0]?.headers.authorization).toBeUndefined();
    expect(sender.state()).toEqual({
      circuit: 'closed',
      failures: 0,
      lastSuccess: expect.any(Number),
      nextTry: null,
    });
    expect(told.counts.get('reports_sent{controller="pipelinerun",outcome="opened"}')).toBe(1203);
  });

  it('holds a batch to its bytes', async () => {
    const server = await startBrokenServer();
    const { journal } = await journalIn(await freshDirectory());
    const large = (id: string) => outgoing(id, { report: { eventId: id, text: 'ü'.repeat(20_000) } });
    await journal.append(names(20).map(large));
    const { options } = teller();
    const limits = { ...quick, bytes: 100_000 };
    const sender = startSender({
      journal,
      url: server.url,
      environment: {},
      userAgent: 'x',
      ...options,
      limits,
    });
    onTestFinished(() => sender.stop());
    await until(() => journal.stats().pending === 0);
    expect(Math.max(...server.asked.map(({ bytes }) => bytes))).toBeLessThanOrEqual(100_000);
    expect(server.asked.map(({ reports }) => reports.length)).toEqual(Array(10).fill(2));
    expect(sent(server)).toEqual(names(20));
  });

  it('gathers what comes within the time of waiting, and waits half a second at the most', async () => {
    const setting = await start({ limits: { ...quick, waitMs: 3_600_000 } });
    for (const id of names(5)) await setting.journal.append([outgoing(id)]);
    await drained(setting);
    expect(setting.server.asked.map(({ reports }) => reports.length)).toEqual([5]);
  });
});

describe('what the server says of each report', () => {
  it('keeps a refused one as a dead letter with the reason, and does not hold up the others', async () => {
    const server = await startBrokenServer();
    server.answer = (_, accept) => accept(({ eventId }) => (eventId === 'e-1' ? 'refuse' : 'take'));
    const setting = await start({ server, before: names(4) });
    await drained(setting);
    expect(await setting.journal.deadLetters()).toEqual([
      expect.objectContaining({
        eventId: 'e-1',
        refusal: {
          status: 200,
          code: 'invalid_request',
          message: 'Not this one.',
          // Not where it stood in its batch, which is nobody's business any more.
          details: [{ path: 'report.title', message: 'is missing' }],
        },
      }),
    ]);
    expect(server.asked).toHaveLength(1);
    expect(setting.told.counts.get('reports_sent{controller="pipelinerun",outcome="rejected"}')).toBe(1);
    await setting.journal.retry('all');
    await until(() => server.asked.length === 2);
    expect(server.asked[1]?.reports.map(({ eventId }) => eventId)).toEqual(['e-1']);
  });

  it.each([
    ['body.reports.0.labels.team', 'report.labels.team'],
    ['body.reports.0', 'report'],
    ['body.reports.12.scope', 'report.scope'],
    ['body.reports', 'body.reports'],
    ['body', 'body'],
  ])('says of one that is refused alone by %s that it is %s', async (path, said) => {
    const server = await startBrokenServer();
    server.answer = () => ({ status: 400, body: kiteError('invalid_request', path) });
    const setting = await start({ server, before: names(1) });
    await drained(setting);
    const letters = await setting.journal.deadLetters();
    expect(letters.map(({ refusal }) => refusal.details)).toEqual([[{ path: said, message: 'is wrong' }]]);
  });

  it('sends a retryable one again, before what came later on its subject, and the others at once', async () => {
    const server = await startBrokenServer();
    let refusals = 3;
    server.answer = (_, accept) =>
      accept(({ eventId }) => {
        if (eventId !== 'x-1' || refusals === 0) return 'take';
        refusals -= 1;
        return 'retry';
      });
    const setting = await start({ server });
    await setting.journal.append([outgoing('x-1', { subject: 'x' }), outgoing('y-1', { subject: 'y' })]);
    await until(() => server.asked.length > 0);
    await setting.journal.append([outgoing('x-2', { subject: 'x' }), outgoing('y-2', { subject: 'y' })]);
    await drained(setting);
    const order = sent(server);
    expect(order.filter((id) => id === 'x-1')).toHaveLength(4);
    expect(order.lastIndexOf('x-1')).toBeLessThan(order.indexOf('x-2'));
    expect(order.filter((id) => id.startsWith('y'))).toEqual(['y-1', 'y-2']);
    expect(await setting.journal.deadLetters()).toEqual([]);
  });
});

describe('who is asked, and how', () => {
  it.each([401, 403])('keeps all after %i, says so, and takes the token of the moment', async (status) => {
    const tokenFile = join(await freshDirectory(), 'token');
    await writeFile(tokenFile, 'old\n');
    const server = await startBrokenServer();
    server.answer = ({ headers }, accept) =>
      headers.authorization === 'Bearer new'
        ? accept()
        : { status, body: { ...kiteError('x'), message: 'Who?' } };
    const setting = await start({ server, tokenFile, before: names(3) });
    await until(() => setting.sender.state().failures > 1);
    expect(setting.sender.state().problem).toMatch(new RegExp(`\\(${status}\\): Who\\?`));
    expect(setting.journal.stats()).toMatchObject({ pending: 3, dead: 0 });
    await writeFile(tokenFile, 'new\n');
    await drained(setting);
  });

  it('keeps all while the token cannot be read, and never shows it', async () => {
    const tokenFile = join(await freshDirectory(), 'token');
    const setting = await start({ tokenFile, before: names(3) });
    await until(() => setting.sender.state().failures > 0);
    expect(setting.sender.state().problem).toContain(`The token file ${tokenFile} cannot be read: ENOENT`);
    await writeFile(tokenFile, 'one secret\nanother secret');
    await until(
      () => setting.sender.state().problem === `The token file ${tokenFile} does not hold one token.`,
    );
    expect(JSON.stringify(setting.told.lines)).not.toContain('secret');
    await writeFile(tokenFile, 'token');
    await drained(setting);
    expect(setting.server.asked.every(({ headers }) => headers.authorization === 'Bearer token')).toBe(true);
  });

  const tls = (file: string) => new URL(`../../fixtures/tls/${file}`, import.meta.url);

  it('trusts a CA of its own, from a file that may change', async () => {
    const server = await startBrokenServer({
      key: await readFile(tls('server.key'), 'utf8'),
      cert: await readFile(tls('server.pem'), 'utf8'),
    });
    const caFile = join(await freshDirectory(), 'ca.pem');
    await writeFile(caFile, '');
    const setting = await start({ server, caFile, before: names(3) });
    await until(() => setting.sender.state().failures > 0);
    expect(setting.sender.state().problem).toMatch(/cannot be reached: .*certificate/);
    await writeFile(caFile, await readFile(tls('ca.pem')));
    await drained(setting);
    await rm(caFile);
    await setting.journal.append([outgoing('more')]);
    await until(
      () => setting.sender.state().problem?.startsWith(`The CA file ${caFile} cannot be read`) === true,
    );
  });

  it('goes through the proxy that the environment names, but not to what it excludes', async () => {
    const tunnels: string[] = [];
    const proxy = createServer().on('connect', (request, client, head) => {
      tunnels.push(request.url ?? '');
      const { port } = new URL(server.url);
      const upstream = connect(Number(port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        upstream.write(head);
        upstream.pipe(client).pipe(upstream);
      });
      for (const socket of [upstream, client]) socket.on('error', () => client.destroy());
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    onTestFinished(() => void proxy.close());
    const server = await startBrokenServer({
      key: await readFile(tls('server.key'), 'utf8'),
      cert: await readFile(tls('server.pem'), 'utf8'),
    });
    const { port } = new URL(server.url);
    const caFile = tls('ca.pem').pathname;
    const HTTPS_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    // A name that only the proxy can reach.
    const byProxy = await start({
      server,
      url: `https://kite.test:${port}/`,
      caFile,
      environment: { HTTPS_PROXY, NO_PROXY: '127.0.0.1' },
      before: names(3),
    });
    await drained(byProxy);
    expect(tunnels).toEqual([`kite.test:${port}`]);
    const direct = await start({
      server,
      caFile,
      environment: { https_proxy: HTTPS_PROXY, no_proxy: '127.0.0.1' },
      before: ['x'],
    });
    await drained(direct);
    expect(tunnels).toHaveLength(1);
  });
});

describe('ending', () => {
  it('flushes without waiting for more, and keeps what is not done in time', async () => {
    const server = await startBrokenServer();
    server.answer = ({ number }, accept) => (number <= 2 ? accept() : 'hang');
    const limits = { ...quick, reports: 10, requestMs: 60_000 };
    const { sender, journal } = await start({ server, before: names(45), limits });
    expect(await sender.flush(300)).toMatchObject({ left: 25 });
    await sender.stop();
    expect(await pendingIn(journal)).toEqual(names(45).slice(20));
    expect(sender.state().circuit).toBe('closed');
  });

  it('tries at once when it ends, though a pause is not over', async () => {
    const server = await startBrokenServer();
    server.answer = ({ number }, accept) => (number === 1 ? { status: 503 } : accept());
    const limits = { ...quick, firstPauseMs: 3_600_000, longestPauseMs: 3_600_000 };
    const { sender } = await start({ server, before: names(3), limits, random: () => 0.9 });
    await until(() => sender.state().failures === 1);
    expect(await sender.flush(10_000)).toEqual({ sent: 3, left: 0 });
  });

  it('leaves what was not answered in the journal', async () => {
    const server = await startBrokenServer();
    server.answer = () => 'hang';
    const { sender, journal } = await start({ server, before: names(3) });
    await until(() => server.asked.length === 1);
    await sender.stop();
    expect(await pendingIn(journal)).toEqual(names(3));
    expect(sender.state().problem).toBeUndefined();
  });
});
