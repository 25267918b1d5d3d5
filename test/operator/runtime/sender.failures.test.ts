/** A server and a network that fail, and batches that are refused: nothing is lost, nothing is hammered. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startBrokenServer } from './broken-server.ts';
import { dropsOf, outgoing } from './reporting.ts';
import { drained, kiteError, names, quick, sent, start, until } from './sending.ts';

describe('a server or a network that fails', () => {
  it.each<
    [string, (number: number) => 'hang up' | 'hang' | { status: number; headers?: Record<string, string> }]
  >([
    ['closes the connection after it has read', () => 'hang up'],
    ['does not answer', () => 'hang'],
    ['answers 503', () => ({ status: 503 })],
    ['answers 429', () => ({ status: 429, headers: { 'retry-after': '0' } })],
    ['answers 500, 502, 504 and 408', (number) => ({ status: [500, 502, 504, 408][number % 4] ?? 500 })],
    ['answers 404', () => ({ status: 404 })],
    ['redirects', () => ({ status: 308, headers: { location: 'https://elsewhere.example/' } })],
    ['answers 200 with a page', () => ({ status: 200, body: '<html>Sign in</html>' })],
    ['answers for fewer reports', () => ({ status: 200, body: { results: [] } })],
  ])('sends the same again when it %s, and loses nothing', async (_, failure) => {
    const server = await startBrokenServer();
    server.answer = ({ number }, accept) => (number <= 4 ? failure(number) : accept());
    const setting = await start({ server, before: names(30), limits: { ...quick, requestMs: 200 } });
    await until(() => server.asked.length === 2);
    expect(setting.sender.state().problem).toMatch(/^http:.*\.$|^http:.*\?$/);
    await drained(setting);
    for (const { reports } of server.asked.slice(0, 2)) expect(reports).toHaveLength(30);
    expect([...new Set(sent(server))]).toEqual(names(30));
    expect(setting.sender.state()).toMatchObject({ circuit: 'closed', failures: 0 });
    expect(setting.sender.state().problem).toBeUndefined();
    expect(await setting.journal.deadLetters()).toEqual([]);
  });

  it('takes a connection that was closed while it was idle for no failure, and posts once more at once', async () => {
    const server = await startBrokenServer();
    server.answer = ({ number }, accept) => (number % 2 === 0 ? 'hang up' : accept());
    const setting = await start({ server, before: names(3) });
    await drained(setting);
    for (const id of ['x', 'y']) {
      await setting.journal.append([outgoing(id)]);
      await drained(setting);
    }
    expect(sent(server)).toEqual([...names(3), 'x', 'x', 'y', 'y']);
    expect([...setting.told.counts.keys()].filter((key) => key.startsWith('send_retries'))).toEqual([]);
    expect(setting.told.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it.each([
    ['seconds', '1800'],
    ['a date', new Date(Date.now() + 1_800_000).toUTCString()],
  ])('waits as long as Retry-After asks for in %s, also when it ends', async (_, retryAfter) => {
    const server = await startBrokenServer();
    server.answer = () => ({ status: 503, headers: { 'retry-after': retryAfter } });
    const { sender, journal } = await start({ server, before: names(3) });
    await until(() => sender.state().failures === 1);
    expect(sender.state().nextTry).toBeGreaterThan(Date.now() + 1_700_000);
    await journal.append([outgoing('more')]);
    expect(await sender.flush(5_000)).toEqual({ sent: 0, left: 4 });
    expect(server.asked).toHaveLength(1);
  });

  it('opens the circuit after five failures, makes no attempt while it is open, and closes it with a success', async () => {
    const server = await startBrokenServer();
    server.answer = () => ({ status: 503 });
    const limits = { ...quick, firstPauseMs: 1, longestPauseMs: 36_000_000 };
    const { sender, journal, told } = await start({ server, before: names(3), limits });
    await until(() => sender.state().circuit === 'open');
    expect(sender.state()).toMatchObject({ failures: 5, lastSuccess: null });
    expect(sender.state().nextTry).toBeGreaterThan(Date.now() + 3_000_000);
    for (const id of names(20, 'later')) await journal.append([outgoing(id)]);
    expect(server.asked).toHaveLength(5);
    expect(told.counts.get('send_circuit_open')).toBe(1);
    server.answer = (_, accept) => accept();
    expect(await sender.flush(10_000)).toEqual({ sent: 23, left: 0 });
    expect(sender.state()).toMatchObject({ circuit: 'closed', failures: 0 });
    expect(told.counts.get('send_circuit_open')).toBe(0);
  });

  it('says that nobody listens, and goes on when somebody does', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    const { sender, journal } = await start({ url: `http://127.0.0.1:${port}`, before: ['a'] });
    await until(() => sender.state().failures > 1);
    expect(sender.state().problem).toBe(
      `http://127.0.0.1:${port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}.`,
    );
    expect(journal.stats().pending).toBe(1);
  });
});

describe('a batch that is refused as a whole', () => {
  const isGuilty = (report: Readonly<Record<string, unknown>>) => report.eventId === 'e-137';

  it.each([
    [400, kiteError('invalid_request', 'body.reports')],
    [413, kiteError('payload_too_large')],
    [413, '<html><h1>413 Request Entity Too Large</h1></html>'],
    [400, 'not from Kite'],
    [422, {}],
  ])('is split after %i until the guilty report is found', async (status, body) => {
    const server = await startBrokenServer();
    server.answer = ({ reports }, accept) => (reports.some(isGuilty) ? { status, body } : accept());
    const setting = await start({ server, before: names(400) });
    await drained(setting);
    const dead = await setting.journal.deadLetters();
    expect(dead.map(({ eventId, refusal }) => [eventId, refusal.status])).toEqual([['e-137', status]]);
    expect(server.asked.length).toBeLessThanOrEqual(25);
    const taken = server.asked
      .filter(({ reports }) => !reports.some(isGuilty))
      .flatMap(({ reports }) => reports);
    expect(taken.map(({ eventId }) => eventId)).toEqual(names(400).filter((id) => id !== 'e-137'));
    expect(dropsOf(setting.told)).toEqual({});
  });

  it('makes smaller batches where something on the way takes less', async () => {
    const server = await startBrokenServer();
    server.answer = ({ bytes }, accept) => (bytes > 100_000 ? { status: 413, body: 'too large' } : accept());
    const setting = await start({ server });
    const large = (id: string) => outgoing(id, { report: { eventId: id, text: 'x'.repeat(1_000) } });
    await setting.journal.append(names(1000).map(large));
    await drained(setting);
    expect(await setting.journal.deadLetters()).toEqual([]);
    expect(server.asked.filter(({ bytes }) => bytes > 100_000).length).toBeLessThanOrEqual(5);
  });

  it('buries nothing while everything is refused by something that is not Kite', async () => {
    const server = await startBrokenServer();
    server.answer = () => ({ status: 400, body: 'The plain HTTP request was sent to HTTPS port' });
    const setting = await start({
      server,
      before: names(20),
      limits: { ...quick, firstPauseMs: 1, longestPauseMs: 2 },
    });
    await until(() => server.asked.length > 60);
    expect(setting.journal.stats()).toMatchObject({ pending: 20, dead: 0 });
    expect(setting.sender.state().problem).toBe(
      'Reports are refused (400): The plain HTTP request was sent to HTTPS port',
    );
    server.answer = (_, accept) => accept();
    await drained(setting);
    expect(setting.journal.stats().dead).toBe(0);
  });

  it('lets the others pass when one report makes the server fail', async () => {
    const server = await startBrokenServer();
    server.answer = ({ reports }, accept) => (reports.some(isGuilty) ? { status: 500 } : accept());
    const { journal } = await start({
      server,
      before: names(200),
      limits: { ...quick, firstPauseMs: 1, longestPauseMs: 5 },
    });
    await until(async () => journal.stats().pending === 1);
    await journal.append([outgoing('later')]);
    await until(() => sent(server).includes('later') && journal.stats().pending === 1);
    expect(journal.stats().dead).toBe(0);
    server.answer = (_, accept) => accept();
    await until(() => journal.stats().pending === 0);
  });
});
