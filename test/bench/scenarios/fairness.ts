import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { formatKey, keyDigest, keySecretBytes } from '../../../core/access/key.ts';
import { createKey } from '../../../db/keys/create.ts';
import { median } from '../figures.ts';
import type { LoadPlan, LoadResult } from '../load/plan.ts';
import type { Context, Row, Scenario } from '../scenario.ts';
import { figuresOf } from '../turns.ts';

const stormers = 64;

/** One tenant storms without heeding `Retry-After`, another goes on with its work; each has an API key. */
export const fairness: Scenario = {
  name: 'fairness',
  about: 'one caller by itself, and beside a storm of 64 callers with another key',
  async *run(context: Context): AsyncIterable<Row> {
    const server = await context.startPostgres();
    const sql = postgres(server.url, { max: 1, fetch_types: false, onnotice: () => undefined });
    const gateway = await context.startGateway(server.url, { KITE_ACCESS: '{}' });
    try {
      const [quiet, loud] = [await makeKey(sql, 'quiet000'), await makeKey(sql, 'loud0000')];
      const [alone, beside]: [LoadResult[], LoadResult[]] = [[], []];
      const storms: string[] = [];
      for (let run = 1; run <= context.runs; run += 1) {
        alone.push(await context.load(quietPlan(context, gateway.url, `bench-alone-${run}`, quiet)));
        const storm = context.load(stormPlan(context, gateway.url, `bench-loud-${run}`, loud));
        const [work, stormed] = await Promise.all([
          context.load(quietPlan(context, gateway.url, `bench-beside-${run}`, quiet)),
          storm,
        ]);
        beside.push(work);
        storms.push(
          `the storm: ${stormed.perSecond.toFixed(0)} requests a second taken, ${stormed.errors} refused in all`,
        );
      }
      const [aloneErrors, besideErrors] = [errorsOf(alone), errorsOf(beside)];
      yield {
        what: 'one caller, by itself',
        unit: 'req/s',
        ...figuresOf(alone, 'req/s'),
        errors: aloneErrors,
      };
      yield {
        what: `one caller, beside ${stormers} that storm with another key`,
        unit: 'req/s',
        ...figuresOf(beside, 'req/s'),
        errors: besideErrors,
        notes: storms,
        requirement: {
          text: 'none refused, p99 < 1 s',
          met: besideErrors === 0 && median(beside.map(({ p99 }) => p99)) < 1000,
        },
      };
    } finally {
      await sql.end();
      await gateway.stop();
      await server.stop();
    }
  },
};

function errorsOf(results: readonly LoadResult[]): number {
  return results.reduce((sum, { errors }) => sum + errors, 0);
}

function quietPlan({ quick }: Context, url: string, tag: string, token: string): LoadPlan {
  const work = { kind: 'failures', keys: 20, late: 0 } as const;
  return {
    url,
    work,
    tag,
    token,
    seed: 1,
    from: start,
    connections: 1,
    seconds: quick ? 0.5 : 4,
    warmUp: 0.3,
  };
}

/** Begins earlier and ends later than the work beside it. */
function stormPlan({ quick }: Context, url: string, tag: string, token: string): LoadPlan {
  const work = { kind: 'failures', keys: 200, late: 0 } as const;
  return {
    ...{ url, work, tag, token, seed: 2, from: start, connections: stormers },
    ...{ seconds: quick ? 1 : 6, warmUp: 0 },
  };
}

/** Milliseconds since 1970: what is reported was seen in the last hour. */
const start = Date.now() - 3_600_000;

/** A key of its own for the bench's namespaces. */
async function makeKey(sql: postgres.Sql, id: string): Promise<string> {
  const { text, secret } = formatKey(id, randomBytes(keySecretBytes));
  await createKey(sql, {
    ...{ id, name: id, clusters: ['*'], namespaces: ['bench-*'], may: ['report', 'read'] },
    ...{ digest: keyDigest(secret), now: Date.now(), expiresAt: null, actor: null, requestId: 'bench' },
  });
  return text;
}
