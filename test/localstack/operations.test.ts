/** Every operation once, as it is deployed: through API Gateway, IAM, the proxy's tokens and TLS, to Postgres. */
import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod/mini';
import type { Operation } from '../../core/contract/operation.ts';
import { type OperationId, operations } from '../../core/contract/operations.ts';
import { calls } from '../functions/access/calls.ts';
import { component, failing } from '../support/bodies.ts';
import { everything, makeKey } from '../support/keys.ts';
import { type Answer, type Ask, send } from '../support/kite.ts';
import { problem } from './problem.ts';
import { describeWithLocalStack, sharedSystem } from './suite.ts';

const ids = Object.keys(operations) as OperationId[];
const namespace = 'operations-tenant';
const sent = z.object({ results: z.array(z.object({ issueId: z.string() })) });

describeWithLocalStack('the production stack, through its API Gateway', () => {
  let url: string;
  let key: string;
  let otherKeyId: string;
  let sql: postgres.Sql;

  beforeAll(async () => {
    const system = await sharedSystem();
    url = system.url;
    sql = postgres(system.databaseUrl, { max: 1, fetch_types: false, onnotice: () => undefined });
    key = await makeKey(sql, everything);
    [, otherKeyId = ''] = (await makeKey(sql, { ...everything, name: 'to revoke' })).split('_');
  }, 600_000);
  afterAll(async () => {
    await sql?.end({ timeout: 5 });
  });

  const ask = (method: string, path: string, options: Ask = {}): Promise<Answer> =>
    send(url, method, `/api/v1${path}`, {
      ...options,
      headers: { authorization: `Bearer ${key}`, ...options.headers },
    });

  async function issue(): Promise<string> {
    const report = failing(namespace, 0, component(randomUUID()));
    const answer = await ask('POST', '/reports', { body: { reports: [report] } });
    return sent.parse(answer.body).results[0]?.issueId ?? '';
  }

  test.each(ids)('%s', async (id) => {
    const [own, other] = [await issue(), await issue()];
    if (id === 'relations.delete') {
      await ask('POST', `/issues/${own}/related`, { body: { relatedId: other } });
    }
    const things = { namespace, id: own, otherId: other, keyId: otherKeyId, clusters: ['*'] };
    const answer = await ask(...calls[id]({ ...things, asked: null, beside: null }));
    const { answers }: Operation = operations[id];
    const documented = answers[answer.status];
    expect(documented, `${answer.status} ${answer.text}`).toBeDefined();
    expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{8,}$/);
    if (documented?.schema !== undefined) {
      expect(documented.schema.safeParse(answer.body).error).toBeUndefined();
    } else {
      expect(answer.text).toBe('');
    }
  });

  test('a trailing slash changes nothing', async () => {
    const id = await issue();
    for (const path of [`/issues/${id}`, '/version', '/keys']) {
      const [plain, slashed] = [await ask('GET', path), await ask('GET', `${path}/`)];
      expect(slashed.status, path).toBe(200);
      expect(slashed.body).toEqual(plain.body);
    }
    const body = failing(namespace, 0, component(randomUUID()));
    expect((await ask('POST', '/reports/', { body: { reports: [body] } })).status).toBe(200);
  });

  test('what API Gateway itself refuses is said in Kite’s words', async () => {
    expect(problem(await ask('GET', '/nothing'))).toMatchObject({ status: 404, code: 'route_not_found' });
    const wrong = await ask('DELETE', '/issues');
    expect(problem(wrong)).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(wrong.headers.get('allow')?.split(', ').toSorted()).toEqual(
      expect.arrayContaining(['GET', 'POST']),
    );
  });

  test('who does not say who they are is refused, and so is a body that is none', async () => {
    const nobody = await send(url, 'GET', `/api/v1/issues?namespace=${namespace}`);
    expect(problem(nobody)).toMatchObject({ status: 401, code: 'unauthenticated' });
    const headers = { 'content-type': 'application/json' };
    expect(problem(await ask('POST', '/reports', { raw: '{', headers }))).toMatchObject({
      status: 400,
      code: 'invalid_json',
    });
  });
});
