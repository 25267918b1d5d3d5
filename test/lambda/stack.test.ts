/** What `cdk synth` would upload: each function of the production stack is started as its template configures it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import type { Operation } from '../../core/contract/operation.ts';
import { type OperationId, operations } from '../../core/contract/operations.ts';
import { readConfig } from '../../functions/config.ts';
import { readDeployConfig } from '../../infra/config.ts';
import { KiteStack } from '../../infra/stacks/kite.ts';
import { calls } from '../functions/access/calls.ts';
import { cdkContext, configText } from '../infra/configuration.ts';
import { component, failing } from '../support/bodies.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { everything } from '../support/keys.ts';
import { type Answer, type Ask, kiteOf, send } from '../support/kite.ts';
import { bundleFunctions } from './bundles.ts';
import type { FunctionSettings } from './environment.ts';
import { type Front, startFront } from './front.ts';
import { type LambdaFunction, lambdaFunction } from './function.ts';
import { requireRic } from './ric.ts';

const stack = 'kite-prod';
const ids = Object.keys(operations) as OperationId[];
const others = ['database-migrate', 'database-key', 'scheduled-retention', 'scheduled-words'];
const place = mkdtempSync(join(tmpdir(), 'kite-synth-'));
const functions = new Map<string, FunctionSettings>();
const invoked: LambdaFunction[] = [];
let database: TestDatabase;
let bundles: string;
let front: Front;
let key: string;

const made = z.object({
  Type: z.literal('AWS::Lambda::Function'),
  Properties: z.object({
    FunctionName: z.string(),
    Handler: z.string(),
    MemorySize: z.int(),
    Timeout: z.int(),
    Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
  }),
  Metadata: z.object({ 'aws:asset:path': z.string() }),
});

/** The functions of the template, with a database of this machine in the place of the stack's. */
function readFunctions(): void {
  // As the CLI has it: so the template says where the code of each function is.
  const context = { ...cdkContext, 'aws:cdk:enable-asset-metadata': true };
  const app = new App({ context, outdir: place });
  new KiteStack(app, stack, { config: readDeployConfig(configText('prod'), 'prod'), bundles });
  app.synth();
  const { Resources } = z
    .object({ Resources: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readFileSync(join(place, `${stack}.template.json`), 'utf8')));
  for (const resource of Object.values(Resources)) {
    const { data } = made.safeParse(resource);
    if (data?.Properties.FunctionName.startsWith(stack) === true) {
      const { FunctionName, Handler, MemorySize, Timeout, Environment } = data.Properties;
      const { KITE_DATABASE_AUTH, KITE_APP_SECRET_ARN, ...variables } = Environment.Variables;
      const texts = Object.entries(variables).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      );
      functions.set(FunctionName.slice(stack.length + 1), {
        name: FunctionName,
        directory: join(place, data.Metadata['aws:asset:path']),
        handler: Handler,
        env: { ...Object.fromEntries(texts), DATABASE_URL: database.url },
        timeout: Timeout * 1000,
        memory: MemorySize,
      });
    }
  }
}

function settingsOf(label: string): FunctionSettings {
  const found = functions.get(label);
  if (found === undefined) {
    throw new Error(`The stack has no function ${label}.`);
  }
  return found;
}

async function invoke(label: string, payload: object = {}): Promise<unknown> {
  const deployed = lambdaFunction(settingsOf(label), { ric: await requireRic(), onLine: () => undefined });
  invoked.push(deployed);
  return JSON.parse(await deployed.invoke(JSON.stringify(payload)));
}

beforeAll(async () => {
  [database, bundles] = [await createEmptyDatabase(), await bundleFunctions()];
  readFunctions();
  front = await startFront({
    settings: (operation) => settingsOf(operation.replace('.', '-')),
    config: readConfig({ PORT: '0', LOG_LEVEL: 'silent' }),
    log: pino({ level: 'error' }, pino.destination(2)),
    ric: await requireRic(),
    onLine: () => undefined,
  });
}, 180_000);
afterAll(async () => {
  await front?.close();
  await Promise.all(invoked.map((deployed) => deployed.stop()));
  await database?.drop();
  rmSync(place, { recursive: true, force: true });
});

test('the stack has a function for each operation and each further one, each with the bundle that was tested', () => {
  const labels = [...ids.map((id) => id.replace('.', '-')), ...others];
  expect([...functions.keys()].toSorted()).toEqual(labels.toSorted());
  for (const [label, { directory }] of functions) {
    const [noun = '', ...verb] = label.split('-');
    const bundle = readFileSync(join(bundles, noun, verb.join('-'), 'index.mjs'));
    expect(readFileSync(join(directory, 'index.mjs')).equals(bundle), label).toBe(true);
  }
});

describe('in the order of a first deployment', () => {
  test('the migration makes the database, and the second time has nothing to do', async () => {
    const { applied } = z.object({ applied: z.array(z.string()) }).parse(await invoke('database-migrate'));
    expect(applied[0]).toMatch(/^0001/);
    expect(await invoke('database-migrate')).toMatchObject({ applied: [] });
  });

  test('the first key is made by its function', async () => {
    const answer = await invoke('database-key', { name: 'first', ...everything });
    key = z.object({ key: z.string() }).parse(answer).key;
  });

  test('the scheduled functions do their work', async () => {
    await invoke('scheduled-retention');
    await invoke('scheduled-words');
  });
});

describe('every operation answers as it is documented', () => {
  const ask = (method: string, path: string, options: Ask = {}): Promise<Answer> =>
    send(front.url, method, path, {
      ...options,
      headers: { ...options.headers, authorization: `Bearer ${key}` },
    });

  test.each(ids)('%s', async (id) => {
    const kite = kiteOf(
      () => ({ ...front, database: { sql: database.sql, close: async () => undefined }, databaseUrl: '' }),
      {
        authorization: `Bearer ${key}`,
      },
    );
    const namespace = 'team-a';
    const issue = async () =>
      (await kite.reports([failing(namespace, 0, component(crypto.randomUUID()))]))[0]?.issueId ?? '';
    const [one, other] = [await issue(), await issue()];
    if (id === 'relations.delete') {
      await kite.post(`/issues/${one}/related`, { relatedId: other });
    }
    const made = await kite.post('/keys', {
      name: 'made',
      may: ['read'],
      namespaces: ['*'],
      clusters: ['*'],
    });
    const keyId = z.object({ id: z.string() }).parse(made.body).id;
    const things = { namespace, asked: null, beside: null, id: one, otherId: other, keyId, clusters: ['*'] };
    const [method, path, options] = calls[id](things);
    const answer = await ask(method, new URL(`/api/v1${path}`, front.url).pathname, options);
    const { answers }: Operation = operations[id];
    const documented = answers[answer.status];
    expect(documented, `${answer.status} ${answer.text.slice(0, 300)}`).toBeDefined();
    if (documented?.schema !== undefined) {
      documented.schema.parse(answer.body);
    }
  });
});
