import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { functionsBuild } from '../../../build.ts';
import { median } from '../figures.ts';
import type { Context, Row, Scenario } from '../scenario.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');

/** Milliseconds that a fresh process needs for the module of an ingest handler. */
const most = 40;
const handlers = [
  { name: 'webhooks/pipeline-failure', isIngest: true },
  { name: 'reports/apply', isIngest: true },
  { name: 'issues/list', isIngest: false },
];
/** Fresh processes in one run, whose median is the run's value. */
const processes = 10;

const program = `
  const begin = performance.now();
  await import(process.argv[1]);
  process.stdout.write(String(performance.now() - begin));`;

/** How long a handler's bundle takes to be read, compiled and run in a process that has loaded nothing else, in milliseconds. */
async function loadOnce(handler: string, signal: AbortSignal): Promise<number> {
  const bundle = join(root, 'dist/functions', handler, 'index.mjs');
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program, bundle], { signal });
  return Number(stdout);
}

/** What a cold start of a Lambda pays for a handler's module, beside what the platform and Node.js themselves take. */
export const load: Scenario = {
  name: 'load',
  about: 'how long the module of a handler takes to load in a fresh process',
  async *run({ runs, quick, signal }: Context): AsyncIterable<Row> {
    await build({ ...functionsBuild(), absWorkingDir: root });
    for (const { name, isIngest } of handlers) {
      await loadOnce(name, signal);
      const values: number[] = [];
      for (let nth = 0; nth < runs; nth += 1) {
        const times: number[] = [];
        while (times.length < (quick ? 1 : processes)) {
          times.push(await loadOnce(name, signal));
        }
        values.push(median(times));
      }
      yield {
        what: `module of ${name}`,
        unit: 'ms',
        values,
        errors: 0,
        ...(isIngest && { requirement: { text: `≤ ${most} ms`, met: median(values) <= most } }),
      };
    }
  },
};
