/** What goes wrong on a day with the production stack, and that it goes on afterwards. */
import { randomUUID } from 'node:crypto';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { until } from '../cluster/until.ts';
import { component, failing } from '../support/bodies.ts';
import { everything, makeKey } from '../support/keys.ts';
import { type Answer, send } from '../support/kite.ts';
import type { SystemAddress } from './broker.ts';
import { type Functions, functionsAt } from './functions.ts';
import { clientOptions, invoke, invokeLater } from './invoke.ts';
import { problem } from './problem.ts';
import { database, describeWithLocalStack, sharedSystem } from './suite.ts';

const namespace = 'failures-tenant';
const page = z.object({ data: z.array(z.object({ occurrences: z.int() })) });
const secretForm = z.object({ username: z.string(), password: z.string() });
/** Milliseconds until a rule has fired that fires each minute. */
const ruleLimit = 100_000;

describeWithLocalStack('the production stack, when something fails', () => {
  let system: SystemAddress;
  let functions: Functions;
  let key: string;

  beforeAll(async () => {
    system = await sharedSystem();
    functions = functionsAt(system.endpoint);
    const sql = postgres(system.databaseUrl, { max: 1, fetch_types: false, onnotice: () => undefined });
    key = await makeKey(sql, everything);
    await sql.end();
  }, 600_000);
  afterAll(() => functions?.close());

  const ask = (method: string, path: string, body?: unknown): Promise<Answer> =>
    send(system.url, method, `/api/v1${path}`, { body, headers: { authorization: `Bearer ${key}` } });
  const post = (report: object): Promise<Answer> => ask('POST', '/reports', { reports: [report] });
  const list = (query: string): Promise<Answer> => ask('GET', `/issues?namespace=${namespace}&${query}`);
  const name = (rest: string): string => `${system.stack}-${rest}`;
  const healthy = (): Promise<unknown> =>
    until('Kite answers again', async () => (await ask('GET', '/health')).status === 200);

  test('a function that cannot start: 502 in Kite’s form, and as before when it is mended', async () => {
    await functions.withEnvironment(name('issues-summary'), { KITE_ACCESS: '{"nonsense": 1}' }, async () => {
      const answer = await ask('GET', `/issues/summary?namespace=${namespace}`);
      expect(problem(answer)).toEqual({ status: 502, code: 'outcome_unknown' });
    });
    expect((await ask('GET', `/issues/summary?namespace=${namespace}`)).status).toBe(200);
  });

  test('a database that is away: 503, and nothing is lost when it is back', async () => {
    const [before, during] = [randomUUID(), randomUUID()];
    expect((await post(failing(namespace, 0, component(before)))).status).toBe(200);
    const report = failing(namespace, 0, component(during));
    await database.leave();
    try {
      for (const answer of [await post(report), await list('limit=1')]) {
        expect(problem(answer)).toEqual({ status: 503, code: 'unavailable' });
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      }
      expect((await ask('GET', '/health')).status).toBe(503);
    } finally {
      await database.comeBack();
    }
    await healthy();
    expect((await post(report)).status).toBe(200);
    for (const resource of [before, during]) {
      const { data } = page.parse((await list(`resourceName=${resource}`)).body);
      expect(data).toEqual([{ occurrences: 1 }]);
    }
  });

  test('a secret that changes: 503 for new connections until the migration has told the database', async () => {
    const arn = (await functions.environmentOf(name('database-migrate'))).KITE_APP_SECRET_ARN ?? '';
    const secrets = new SecretsManagerClient(clientOptions(system.endpoint));
    const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId: arn }));
    const changed = { ...JSON.parse(SecretString), password: randomUUID() };
    expect(secretForm.parse(changed).username).toBe('kite_app');
    await secrets.send(new PutSecretValueCommand({ SecretId: arn, SecretString: JSON.stringify(changed) }));
    secrets.destroy();
    // What is connected stays connected; so all have to connect anew.
    await database.leave();
    await database.comeBack();
    expect(problem(await list('limit=1'))).toEqual({ status: 503, code: 'unavailable' });
    expect(await invoke(system.endpoint, name('database-migrate'))).toMatchObject({
      failed: false,
      payload: { applied: [] },
    });
    await healthy();
    expect((await list('limit=1')).status).toBe(200);
    expect((await post(failing(namespace, 0, component(randomUUID())))).status).toBe(200);
  });

  test('a function can be nobody at the database but the user of its role', async () => {
    const own = await functions.environmentOf(name('issues-list'));
    const DATABASE_URL = (own.DATABASE_URL ?? '').replace('kite_app', 'kite_owner');
    expect(DATABASE_URL).not.toBe(own.DATABASE_URL);
    await functions.withEnvironment(name('issues-list'), { DATABASE_URL }, async () => {
      expect(problem(await list('limit=1'))).toEqual({ status: 503, code: 'unavailable' });
    });
    expect((await list('limit=1')).status).toBe(200);
  });

  test('periodic work: done when it is invoked, and by its rule', async () => {
    const logs = new CloudWatchLogsClient(clientOptions(system.endpoint));
    const done = async (): Promise<number> => {
      const found = await logs.send(
        new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name('scheduled-words')}` }),
      );
      return (found.events ?? []).filter(({ message }) => message?.includes('words is done')).length;
    };
    expect(await invoke(system.endpoint, name('scheduled-retention'))).toMatchObject({ failed: false });
    expect(await invoke(system.endpoint, name('scheduled-words'))).toMatchObject({ failed: false });
    // By hand it is done once, so what is beyond is the rule's.
    await until('the rule has fired', async () => (await done()) >= 2, ruleLimit);
    logs.destroy();
  });

  test('periodic work that fails ends among the dead letters', async () => {
    const periodic = name('scheduled-retention');
    const queue = await functions.deadLettersOf(periodic);
    const url = `${system.endpoint}/queue/us-east-1/000000000000/${queue}`;
    await database.leave();
    try {
      await invokeLater(system.endpoint, periodic);
      await until(
        'the queue has it',
        async () => {
          const answer = await fetch(
            `${system.endpoint}/_aws/sqs/messages?QueueUrl=${encodeURIComponent(url)}`,
            { headers: { accept: 'application/json' } },
          );
          return (await answer.text()).includes('retention was not done');
        },
        90_000,
      );
    } finally {
      await database.comeBack();
    }
  });
});
