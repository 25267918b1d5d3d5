/** What is asked of the access control for a request: how often, how many at once, and never while a row is held. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KiteError } from '../../../core/errors.ts';
import type { AccessControl, Caller, Place, Right } from '../../../functions/access/control.ts';
import { component, failing, issueBody } from '../../support/bodies.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { bodyOf, expectError, type Kite, kiteOf } from '../../support/kite.ts';
import { type Relay, startRelay } from '../../support/relay.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const caller: Caller = Object.freeze({
  actor: 'asker',
  principal: 'asker',
  cluster: 'alpha',
  clusters: ['alpha'],
});
const elsewhere = 'questions-foreign';
const here = 'questions-own';

/** A control in which this caller may do everything but in one namespace, and that remembers what it was asked. */
const asked: { readonly right: Right; readonly place: Place; readonly anew: boolean }[] = [];
let atOnce = 0;
let most = 0;
let mayEverywhere = true;
let failsAt: Right | null = null;
let besideAnswer: () => Promise<unknown> = async () => undefined;

const access: AccessControl = {
  isOn: true,
  authenticate: async () => caller,
  admit: () => () => undefined,
  async may(_caller, right, place, { anew = false } = {}) {
    asked.push({ right, place, anew });
    atOnce += 1;
    most = Math.max(most, atOnce);
    await besideAnswer();
    atOnce -= 1;
    if (failsAt === right) {
      throw new KiteError('unavailable', { headers: { 'Retry-After': '2' } });
    }
    return place.namespace === null ? mayEverywhere : place.namespace !== elsewhere;
  },
};

let own: TestDatabase;
let relay: Relay;
let server: TestServer;
let kite: Kite;
let open: TestServer;
let root: Kite;

beforeAll(async () => {
  own = await createTestDatabase();
  relay = await startRelay(own.url);
  server = await startServer({
    access,
    databaseUrl: relay.url,
    env: { KITE_CLUSTER: 'alpha', KITE_DATABASE_CONNECTIONS: '1' },
  });
  kite = kiteOf(() => server);
  open = await startServer({ databaseUrl: own.url, env: { KITE_CLUSTER: 'alpha' } });
  root = kiteOf(() => open);
});
afterAll(async () => {
  await server?.close();
  await open?.close();
  await relay?.close();
  await own?.drop();
});
beforeEach(() => {
  asked.length = 0;
  [most, mayEverywhere, failsAt] = [0, true, null];
  besideAnswer = async () => undefined;
});

const unknown = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const acts: readonly (readonly [method: string, rest: string, body: object | undefined])[] = [
  ['GET', '', undefined],
  ['GET', '/events', undefined],
  ['PUT', '', { title: 'x' }],
  ['POST', '/resolve', undefined],
  ['POST', '/reopen', undefined],
  ['POST', '/links', { title: 'Logs', url: 'https://logs.example/1' }],
  ['DELETE', '', undefined],
];

describe('an issue that one may not see', () => {
  it.each(acts)(
    '%s %s costs as many questions and statements as one that is not there',
    async (method, rest, body) => {
      const foreign = await root.create(issueBody(elsewhere));
      const cost = async (id: string): Promise<unknown> => {
        asked.length = 0;
        const before = relay.statements();
        expectError(await kite.ask(method, `/issues/${id}${rest}`, body === undefined ? {} : { body }), 404);
        return { questions: asked.map(({ right }) => right), statements: relay.statements() - before };
      };
      await cost(unknown);
      const one = await cost(foreign.id);
      expect(one).toEqual(await cost(unknown));
      expect(one).toEqual({ questions: method === 'GET' ? ['read'] : ['read', 'act'], statements: 1 });
      // A no that is believed would answer sooner for a second issue of the same namespace.
      expect(asked.map(({ anew }) => anew)).not.toContain(false);
    },
  );

  it('in another cluster costs the same too, and is not asked about there', async () => {
    const away = await root.create(issueBody(here, { cluster: 'beta' }));
    expectError(await kite.get(`/issues/${away.id}`), 404);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.place.cluster).toBe('alpha');
  });
});

describe('no question waits for the one connection that there is', () => {
  it.each(acts)('%s %s', async (method, rest, body) => {
    const issue = await root.create(issueBody(here, component(crypto.randomUUID())));
    // Whoever asks while a transaction is open would wait for this without end.
    besideAnswer = () => server.database.sql`select 1`;
    const answer = await kite.ask(method, `/issues/${issue.id}${rest}`, body === undefined ? {} : { body });
    expect(answer.status, answer.text).toBeLessThan(300);
    expect(asked.length).toBeGreaterThan(0);
  });

  it('relations, reports and lists', async () => {
    besideAnswer = () => server.database.sql`select 1`;
    const one = await kite.create(issueBody(here, component('one')));
    const other = await kite.create(issueBody(`${here}-2`, component('other')));
    bodyOf(await kite.post(`/issues/${one.id}/related`, { relatedId: other.id }), 201);
    expect((await kite.list({ namespace: here })).data.length).toBeGreaterThan(0);
    expect(await kite.statuses(failing(here, 0, component('three')))).toEqual(['opened']);
    bodyOf(await kite.ask('DELETE', `/issues/${one.id}/related/${other.id}`), 204);
  });
});

describe('how much is asked', () => {
  it('a webhook asks at the same time whether it may be written and whether its answer may be seen', async () => {
    let release = (): void => undefined;
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    besideAnswer = async () => {
      if (asked.length === 2) release();
      await both;
    };
    await kite.failure('pipeline-failure', { pipelineName: 'p', namespace: here, failureReason: 'boom' });
    expect(asked.map(({ right }) => right).toSorted()).toEqual(['read', 'report']);
  });

  it('a batch asks once for each place, sixteen at a time, and first for all where there are many', async () => {
    const batch = (count: number) =>
      Array.from({ length: count * 2 }, (_, number) => failing(`${here}-${number % count}`, 0));
    expect(new Set(await kite.statuses(...batch(3)))).toEqual(new Set(['opened', 'updated']));
    expect(asked).toHaveLength(3);

    asked.length = 0;
    expect(await kite.statuses(...batch(60))).not.toContain('rejected');
    expect(asked.map(({ place }) => place.namespace)).toEqual([null]);

    asked.length = 0;
    mayEverywhere = false;
    besideAnswer = () => new Promise((resolve) => setImmediate(resolve));
    const results = await kite.reports([...batch(60), failing(elsewhere, 0)]);
    expect(results.filter(({ status }) => status === 'rejected').map(({ error }) => error?.code)).toEqual([
      'forbidden',
    ]);
    expect(asked).toHaveLength(62);
    expect(most).toBe(16);
  });

  it('a list asks once for each namespace of a relation, however long it is', async () => {
    const ends = await Promise.all(
      [here, `${here}-a`, `${here}-b`, elsewhere].map((namespace) =>
        root.create(issueBody(namespace, component('related'))),
      ),
    );
    const shared = await startServer({
      databaseUrl: own.url,
      env: { KITE_CLUSTER: 'alpha', KITE_NAMESPACE_CHECK: 'off' },
    });
    const [one, ...others] = ends.map(({ id }) => id);
    for (const relatedId of others) {
      bodyOf(await kiteOf(() => shared).post(`/issues/${one}/related`, { relatedId }), 201);
    }
    await shared.close();
    const issue = (await kite.list({ namespace: here, resourceName: 'related' })).data[0];
    expect(issue?.relatedFrom.map(({ target }) => target?.namespace).toSorted()).toEqual([
      `${here}-a`,
      `${here}-b`,
    ]);
    expect(asked.map(({ place }) => place.namespace).toSorted()).toEqual(
      [here, `${here}-a`, `${here}-b`, elsewhere].toSorted(),
    );
  });
});

describe('an answer that cannot be had', () => {
  it.each(['read', 'report', 'act', 'admin'] as const)('about %s is never a yes', async (right) => {
    const issue = await root.create(issueBody(here, component('kept')));
    const stored = await root.stored();
    failsAt = right;
    const requests = {
      read: () => kite.get(`/issues/${issue.id}`),
      report: () => kite.post('/reports', { reports: [failing(here, 0)] }),
      act: () => kite.ask('DELETE', `/issues/${issue.id}`),
      admin: () => kite.post('/keys', { name: 'k', namespaces: ['*'], may: ['admin'] }),
    };
    const answer = await requests[right]();
    expectError(answer, 503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await root.stored()).toBe(stored);
  });
});
