/**
 * Fault 13 of the public service: its list costs one query per association of every issue plus a count. The
 * statements are counted on the wire between the server and its Postgres.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { component, failing } from '../support/bodies.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Kite, kiteOf } from '../support/kite.ts';
import { type Relay, startRelay } from '../support/relay.ts';
import { startServer } from '../support/server.ts';

let own: TestDatabase;
let relay: Relay;
let server: Awaited<ReturnType<typeof startServer>>;
let kite: Kite;
const namespace = 'checkout-tenant';
const numbers = Array.from({ length: 50 }, (_, index) => index);

beforeAll(async () => {
  own = await createTestDatabase();
  relay = await startRelay(own.url);
  server = await startServer({ databaseUrl: relay.url });
  kite = kiteOf(() => server);
  await kite.reports(
    numbers.map((number) =>
      failing(namespace, number, {
        ...component(`component-${number}`),
        links: [
          { title: 'Logs', url: `https://logs.example/${number}` },
          { title: 'Commit', url: `https://git.example/${number}` },
        ],
      }),
    ),
  );
  const { data } = await kite.list({ namespace });
  await Promise.all(
    data.map((issue, index) =>
      kite.post(`/issues/${issue.id}/related`, { relatedId: data[(index + 1) % data.length]?.id }),
    ),
  );
});
afterAll(async () => {
  await server?.close();
  await relay?.close();
  await own?.drop();
});

/** How many statements the cheapest of a few equal requests took: a new connection may ask for types once. */
async function statementsOf(request: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 4; time += 1) {
    const before = relay.statements();
    await request();
    least = Math.min(least, relay.statements() - before);
  }
  return least;
}

describe('fault 13: the cost of a list', () => {
  it('50 issues with links and relations take at most two statements', async () => {
    const statements = await statementsOf(async () => {
      const { data, total } = await kite.list({ namespace });
      expect(total).toBe(50);
      expect(data).toHaveLength(50);
      for (const issue of data) {
        expect(issue.links).toHaveLength(2);
        expect(issue.relatedFrom).toHaveLength(1);
        expect(issue.relatedTo).toHaveLength(1);
      }
    });
    expect(statements).toBeGreaterThan(0);
    expect(statements).toBeLessThanOrEqual(2);
  });

  it('a filtered and searched page takes at most two statements, and one issue one', async () => {
    const query = { namespace, state: 'ACTIVE', severity: 'major', search: 'checkout', limit: '10' };
    expect(await statementsOf(() => kite.list(query))).toBeLessThanOrEqual(2);
    const [issue] = (await kite.list({ namespace, limit: '1' })).data;
    expect(await statementsOf(() => kite.issue(issue?.id ?? ''))).toBe(1);
  });
});
