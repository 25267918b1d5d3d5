import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildCli } from '../../../build.ts';
import { failing } from '../../support/bodies.ts';
import { median } from '../figures.ts';
import type { Context, Row, Scenario } from '../scenario.ts';

/** Milliseconds from the start of the process to its end, in which a command has to be done. */
const most = 150;
/** Kilobytes of memory within which a list is streamed, and how long that list is. */
const mostMemory = 100 * 1024;
const issues = 10_000;
const batch = 500;
const namespace = 'bench-cli';

/** What it takes until a command has answered. */
export const cli: Scenario = {
  name: 'cli',
  about: 'the command line: start to end of its commands beside bare Node, memory of a long list',
  async *run(context) {
    const folder = await context.temporaryFolder();
    await buildCli(folder);
    const program = join(folder, 'kite.js');
    const server = await context.startPostgres();
    const gateway = await context.startGateway(server.url, {});
    try {
      const count = context.quick ? batch : issues;
      context.log(`${count} issues`);
      await fill(gateway.url, count);
      const nothing = join(folder, 'nothing.cjs');
      await writeFile(nothing, '');
      const env = { HOME: folder, KITE_URL: gateway.url, KITE_NAMESPACE: namespace };
      yield* starts(context, program, nothing, env);
      yield await memory(program, env, count);
    } finally {
      await gateway.stop();
      await server.stop();
    }
  },
};

async function* starts(
  context: Context,
  program: string,
  nothing: string,
  env: Readonly<Record<string, string>>,
): AsyncIterable<Row> {
  const commands = [['--version'], ['--help'], ['issues'], ['issues', '-o', 'json'], ['summary']];
  const rounds = context.quick ? 3 : 20;
  for (const args of commands) {
    const p50: number[] = [];
    const p99: number[] = [];
    const bare: number[] = [];
    let errors = 0;
    for (let run = 0; run < context.runs; run += 1) {
      const own: number[] = [];
      const alone: number[] = [];
      // In turn, so that what else the machine does meets both.
      for (let round = 0; round < rounds; round += 1) {
        context.signal.throwIfAborted();
        const ended = await time([program, ...args], env);
        own.push(ended.took);
        errors += ended.code === 0 ? 0 : 1;
        alone.push((await time([nothing], env)).took);
      }
      p50.push(median(own));
      p99.push([...own].sort((a, b) => a - b)[Math.ceil(own.length * 0.99) - 1] ?? 0);
      bare.push(median(alone));
    }
    yield {
      what: `kite ${args.join(' ')}, from its start to its end`,
      unit: 'ms',
      values: p50,
      p99,
      errors,
      limit: { values: bare },
      notes: ['the limit is Node with an empty file'],
      requirement: { text: `< ${most} ms`, met: median(p50) < most },
    };
  }
}

function time(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly took: number; readonly code: number | null }> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.resume();
    child.on('error', reject);
    child.on('close', (code) => resolve({ took: performance.now() - began, code }));
  });
}

async function memory(program: string, env: Readonly<Record<string, string>>, count: number): Promise<Row> {
  const began = performance.now();
  const child = spawn(process.execPath, [program, 'issues', '--limit', '0', '-o', 'json'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let peak = 0;
  for await (const _ of child.stdout) {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0));
  }
  const seconds = (performance.now() - began) / 1000;
  return {
    what: `memory of kite issues --limit 0 -o json, ${count.toLocaleString('en-US')} issues`,
    unit: 'MB',
    values: [peak / 1024],
    errors: 0,
    notes: [`done in ${seconds.toFixed(1)} s`],
    requirement: { text: '< 100 MB', met: peak > 0 && peak < mostMemory },
  };
}

async function fill(url: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += batch) {
    const reports = Array.from({ length: batch }, (_, index) =>
      failing(namespace, from + index, {
        scope: { resourceType: 'component', resourceName: `component-${from + index}` },
      }),
    );
    const answer = await fetch(`${url}/api/v1/reports`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reports }),
    });
    if (!answer.ok) throw new Error(`The reports were answered with ${answer.status}.`);
    await answer.arrayBuffer();
  }
}
