import { isDeepStrictEqual } from 'node:util';
import postgres from 'postgres';
import { deriveIssue } from '../../../core/domain/derive.ts';
import { identityKey } from '../../../core/domain/identity.ts';
import { type Identity, normaliseLabels, type Report } from '../../../core/domain/report.ts';
import { compare } from '../../support/model.ts';
import { median } from '../figures.ts';
import { messagesOf } from '../load/messages.ts';
import type { LoadPlan, LoadResult } from '../load/plan.ts';
import type { Context, Scenario } from '../scenario.ts';
import { figuresOf, timeline } from '../turns.ts';

const callers = 64;
const cutEvery = 20;

/** A whole cluster fails and its clients are cut off; afterwards every issue must be what was sent adds up to. */
export const storm: Scenario = {
  name: 'storm',
  about:
    '10,000 failures and 2,000 successes of 200 pipelines at full speed, with clients cut off, and exact after it',
  async *run(context) {
    const server = await context.startPostgres();
    const gateway = await context.startGateway(server.url);
    const sql = postgres(server.url, { max: 4, onnotice: () => undefined });
    try {
      const time = timeline();
      const [kite, against]: [LoadResult[], LoadResult[]] = [[], []];
      const wrong: string[] = [];
      for (let run = 1; run <= context.runs; run += 1) {
        const plan = planOf(context, run, gateway.url, time.next);
        const result = await context.load(plan);
        time.next = result.next;
        kite.push(result);
        wrong.push(...result.complaints, ...(await differences(sql, plan, result)));
        if (context.against !== undefined) {
          against.push(await context.load({ ...plan, url: context.against }));
        }
      }
      const lost = [...kite, ...against].reduce((sum, { errors }) => sum + errors, 0);
      const p99 = kite.map((result) => result.p99);
      const cut = kite.reduce((sum, result) => sum + result.cut, 0);
      yield {
        what: `${kite[0]?.sent} reports on ${planOf(context, 1, '', 0).work.keys} pipelines, ${callers} callers, every ${cutEvery}th cut off first`,
        unit: 'req/s',
        ...figuresOf(kite, 'req/s'),
        errors: lost + wrong.length,
        notes: [`${cut} requests were cut off by the client and sent again`, ...wrong.slice(0, 10)],
        ...(against.length > 0 && { against: figuresOf(against, 'req/s') }),
        requirement: {
          text: 'nothing lost, as the model, no 5xx, p99 < 1 s',
          met: lost + wrong.length === 0 && median(p99) < 1000,
        },
      };
    } finally {
      await sql.end({ timeout: 5 });
      await gateway.stop();
      await server.stop();
    }
  },
};

function planOf(
  { quick }: Context,
  run: number,
  url: string,
  from: number,
): LoadPlan & { readonly work: { readonly kind: 'storm'; readonly keys: number } } {
  return {
    url,
    work: { kind: 'storm', keys: quick ? 20 : 200 },
    tag: `bench-storm-${run}`,
    seed: run,
    from,
    connections: callers,
    count: quick ? 600 : 12_000,
    warmUp: 0,
    cutEvery,
  };
}

/** In which issues the database differs from what the sent reports add up to by core/domain/derive.ts. */
async function differences(sql: postgres.Sql, plan: LoadPlan, { sent }: LoadResult): Promise<string[]> {
  const messages = messagesOf(plan);
  const reports = Array.from({ length: sent }, (_, n) => messages.at(n).translate()).flat();
  const histories = new Map<string, { readonly identity: Identity; readonly told: Report[] }>();
  for (const report of reports) {
    const key = identityKey(report.identity);
    const history = histories.get(key) ?? { identity: report.identity, told: [] };
    history.told.push(report);
    histories.set(key, history);
  }
  const found: string[] = [];
  for (const { identity, told } of histories.values()) {
    found.push(...(await differ(sql, identity, told)));
  }
  return found;
}

async function differ(sql: postgres.Sql, identity: Identity, told: readonly Report[]): Promise<string[]> {
  const { row, history } = await compare(sql, identity);
  const expected = deriveIssue(
    told.map((report) => ({ ...report, labels: normaliseLabels(identity.scope, report.labels) })),
    null,
  );
  const name = identity.scope.resourceName;
  return [
    ...(history.length === told.length
      ? []
      : [`${name}: ${told.length} reports sent, ${history.length} kept`]),
    ...(isDeepStrictEqual(row, expected)
      ? []
      : [`${name}: ${JSON.stringify(row)} instead of ${JSON.stringify(expected)}`]),
  ];
}
