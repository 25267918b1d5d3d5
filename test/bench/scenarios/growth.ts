import postgres from 'postgres';
import { buffersOf } from '../query/buffers.ts';
import { startFilled } from '../query/filled.ts';
import { readsOf } from '../query/reads.ts';
import type { Context, Row, Scenario } from '../scenario.ts';

const sizes = [10_000, 100_000, 1_000_000] as const;
/** How deep the deep pages are: the smallest of the databases has them too. */
const depth = 2000;
/** From the smallest to the largest database. */
const most = 2;

/** What a read touches does not depend on the machine, and tells what it costs when all has become larger. */
export const growth: Scenario = {
  name: 'growth',
  about: 'pages that the statements of each read touch, at 10,000, 100,000 and 1,000,000 issues',
  async *run(context: Context): AsyncIterable<Row> {
    const asked = context.quick ? sizes.slice(0, 1) : sizes;
    const found: ReadonlyMap<string, number>[] = [];
    const grows = new Map<string, string | undefined>();
    for (const size of asked) {
      const server = await startFilled(context, size);
      const sql = postgres(server.url, { max: 1, fetch_types: false, onnotice: () => undefined });
      try {
        const reads = await readsOf(sql, { depth, samples: 40 });
        for (const read of reads) {
          grows.set(read.what, read.grows);
        }
        found.push(await buffersOf(server.url, reads));
      } finally {
        await sql.end();
        await server.stop();
      }
    }
    for (const [what, reason] of grows) {
      const pages = found.map((touched) => touched.get(what) ?? 0);
      const factor = (pages.at(-1) ?? 0) / (pages[0] ?? 1);
      yield {
        what,
        unit: 'times the pages',
        values: [factor],
        errors: 0,
        notes: [`${pages.map((count) => Math.round(count)).join(', ')} pages`],
        requirement:
          reason === undefined
            ? { text: `< ${most}`, met: factor < most }
            : { text: `grows with ${reason}`, met: true },
      };
    }
  },
};
