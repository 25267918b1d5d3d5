/** Against Kite itself: what two replicas say, over a network that loses answers, counts once. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Outgoing } from '../../../operator/runtime/controller.ts';
import { startSender } from '../../../operator/runtime/sender.ts';
import { component, failing, freshNamespace, passing } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';
import { freshDirectory, journalIn, teller } from './reporting.ts';

vi.setConfig({ testTimeout: 120_000 });
const kite = useKite();

/** Before Kite: of five requests one is lost on the way, one answer is lost, one is replaced, and two go through. */
async function startBadRoad(): Promise<string> {
  let requests = 0;
  const road = createServer(async (request, response) => {
    requests += 1;
    const turn = requests % 5;
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    if (turn === 1) {
      request.socket.destroy();
      return;
    }
    const answer = await fetch(`${kite.server.url}${request.url}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.concat(pieces),
    });
    const text = await answer.text();
    if (turn === 2) request.socket.destroy();
    else if (turn === 3) response.writeHead(504).end('upstream request timeout');
    else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  });
  road.listen(0, '127.0.0.1');
  await once(road, 'listening');
  onTestFinished(() => {
    road.closeAllConnections();
    road.close();
  });
  return `http://127.0.0.1:${(road.address() as AddressInfo).port}`;
}

it('has exact counts after lost answers, replays, restarts and a second replica', async () => {
  const namespace = freshNamespace();
  const url = await startBadRoad();
  const said = Array.from({ length: 400 }, (_, n): Outgoing => {
    const name = `component-${n % 7}`;
    const isFailing = n % 3 !== 2;
    const fields = { ...component(name), eventId: `event-${n}`, source: 'operator/pipelinerun' };
    return {
      controller: 'pipelinerun',
      outcome: isFailing ? 'failing' : 'passing',
      subject: name,
      eventId: `event-${n}`,
      report: isFailing ? failing(namespace, n, fields) : passing(namespace, n, fields),
    };
  });
  const wrong: Outgoing = {
    ...said[0],
    ...{ eventId: 'wrong', report: { namespace, outcome: 'failing' } },
  } as Outgoing;
  const directories = [await freshDirectory(), await freshDirectory()];
  const { options } = teller();
  const limits = { reports: 40, waitMs: 10, firstPauseMs: 10, longestPauseMs: 30 };

  await Promise.all(
    directories.map(async (directory) => {
      for (let start = 0; start < 3; start += 1) {
        const { journal } = await journalIn(directory);
        const sender = startSender({ journal, url, environment: {}, userAgent: 'x', limits, ...options });
        // A restart lists everything again, and says it again.
        await journal.append([...said.slice(0, 150 * (start + 1)), wrong]);
        await journal.append(said.slice(0, 50));
        const isLast = start === 2;
        const { left } = await sender.flush(isLast ? 60_000 : 30);
        await sender.stop();
        if (isLast) {
          expect(left).toBe(0);
          expect((await journal.deadLetters()).map(({ eventId }) => eventId)).toEqual(['wrong']);
        }
        await journal.close();
      }
    }),
  );

  const { data } = await kite.list({ namespace, limit: '50' });
  const counted = Object.fromEntries(data.map(({ scope, occurrences }) => [scope.resourceName, occurrences]));
  const expected: Record<string, number> = {};
  for (const { subject, outcome } of said) {
    expected[subject] = (expected[subject] ?? 0) + (outcome === 'failing' ? 1 : 0);
  }
  expect(counted).toEqual(expected);
});
