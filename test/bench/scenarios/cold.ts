import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import type { OperationId } from '../../../core/contract/operations.ts';
import { ensureHistory } from '../../../db/history/ensure.ts';
import type { Call } from '../../../functions/gateway/ops/aws/arguments.ts';
import { eventOf } from '../../../functions/gateway/ops/aws/event.ts';
import { bundleFunctions } from '../../lambda/bundles.ts';
import { startEnvironment } from '../../lambda/environment.ts';
import { requireRic } from '../../lambda/ric.ts';
import { everything, makeKey } from '../../support/keys.ts';
import { figure, median } from '../figures.ts';
import type { Context, Row, Scenario } from '../scenario.ts';

/** Milliseconds from the start of the process to its first answer. */
const goal = 150;
/** Starts of each function in a run. */
const starts = 21;
const memory = 512;
const bare = 'export const handler = async () => ({ statusCode: 200, body: "{}" });\n';

interface Cold {
  readonly what: string;
  readonly operation: OperationId;
  readonly call: Call;
  readonly body?: object;
}

const nothing: Call = { path: {}, query: [], headers: [], body: undefined };
const failure = { pipelineName: 'checkout', namespace: 'team-a', failureReason: 'OOMKilled' };
const functions: readonly Cold[] = [
  { what: 'one failing webhook', operation: 'webhooks.pipeline-failure', call: nothing, body: failure },
  { what: 'a list', operation: 'issues.list', call: { ...nothing, query: [['namespace', 'team-a']] } },
  { what: 'the version, without a database', operation: 'version.get', call: nothing },
];

/** How long the first caller of a Lambda waits for Kite. */
export const cold: Scenario = {
  name: 'cold',
  about: 'a Lambda from the start of its process to its first answer, through to Postgres',
  async *run(context) {
    const server = await context.startPostgres();
    const sql = postgres(server.url, { max: 1, onnotice: () => undefined });
    try {
      await ensureHistory(sql, Date.now(), 180);
      const caller = await makeKey(sql, everything);
      const env = { DATABASE_URL: server.url, KITE_ACCESS: '{}', LOG_LEVEL: 'warn' };
      const [bundles, ric] = [await bundleFunctions(), await requireRic()];
      const empty = await bareFunction(context);
      for (const { what, operation, call, body } of functions) {
        const directory = join(bundles, operation.replace('.', '/'));
        const text = body === undefined ? undefined : JSON.stringify(body);
        const own: number[][] = [];
        const limit: number[][] = [];
        for (let run = 0; run < context.runs; run += 1) {
          const [took, tookBare]: [number[], number[]] = [[], []];
          for (let start = 0; start < (context.quick ? 2 : starts); start += 1) {
            context.signal.throwIfAborted();
            const arrival = { requestId: `cold-${start}`, received: Date.now(), caller };
            const event = JSON.stringify(eventOf(operation, call, text, arrival));
            took.push(await firstAnswer({ directory, env, ric, event }));
            tookBare.push(await firstAnswer({ directory: empty, env: {}, ric, event: '{}' }));
          }
          own.push(took);
          limit.push(tookBare);
        }
        yield row(what, own, limit, (await stat(join(directory, 'index.mjs'))).size);
      }
    } finally {
      await sql.end({ timeout: 5 });
      await server.stop();
    }
  },
};

async function bareFunction(context: Context): Promise<string> {
  const directory = join(await context.temporaryFolder(), 'bare');
  await mkdir(directory);
  await writeFile(join(directory, 'index.mjs'), bare);
  return directory;
}

async function firstAnswer(options: {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly ric: string;
  readonly event: string;
}): Promise<number> {
  const { directory, env, ric, event } = options;
  const settings = { name: 'cold', handler: 'index.handler', timeout: 10_000, memory, directory, env };
  const lines: string[] = [];
  const began = performance.now();
  const environment = await startEnvironment(settings, { ric, onLine: (line) => lines.push(line) });
  try {
    const answer: { readonly statusCode?: unknown } = JSON.parse(await environment.invoke(event));
    const took = performance.now() - began;
    if (answer.statusCode !== 200 && answer.statusCode !== 201) {
      throw new Error(`The first answer was ${JSON.stringify(answer)} ${lines.join(' ')}`);
    }
    return took;
  } finally {
    await environment.stop();
  }
}

function row(what: string, own: readonly number[][], limit: readonly number[][], bytes: number): Row {
  const values = own.map(median);
  const all = own.flat();
  return {
    what: `${what}: start to first answer`,
    unit: 'ms',
    values,
    p50: values,
    errors: 0,
    limit: { values: limit.map(median) },
    notes: [
      `90 % within ${figure(quantile(all, 0.9))} ms of ${all.length} starts; a bare handler ${figure(quantile(limit.flat(), 0.9))} ms; the bundle has ${figure(bytes / 1000)} KB`,
    ],
    requirement: { text: `≤ ${goal} ms`, met: median(values) <= goal },
  };
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
