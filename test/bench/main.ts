import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Closers } from './harness/closers.ts';
import { createContext } from './harness/context.ts';
import { commitLatency } from './harness/disk.ts';
import { buildGateway, databaseConnections } from './harness/gateway.ts';
import { removeLeftovers } from './harness/postgres.ts';
import { type Options, readOptions, usage } from './options.ts';
import type { Scenario } from './scenario.ts';
import { cli } from './scenarios/cli.ts';
import { cold } from './scenarios/cold.ts';
import { fairness } from './scenarios/fairness.ts';
import { growth } from './scenarios/growth.ts';
import { ingest } from './scenarios/ingest.ts';
import { load } from './scenarios/load.ts';
import { operator } from './scenarios/operator.ts';
import { query } from './scenarios/query.ts';
import { retention } from './scenarios/retention.ts';
import { start } from './scenarios/start.ts';
import { storm } from './scenarios/storm.ts';
import { type Entry, type Head, headLines, rowLines } from './show.ts';

const scenarios: readonly Scenario[] = [
  ingest,
  storm,
  fairness,
  query,
  growth,
  start,
  cold,
  load,
  retention,
  operator,
  cli,
];
const defaultSoak = 1;
/** Where sh is bash, npm delivers one Ctrl-C twice: so soon, it is the same one. */
const sameSignal = 500;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(
    args,
    scenarios.map(({ name }) => name),
  );
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${usage(scenarios)}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(usage(scenarios));
    return 0;
  }
  const stop = new AbortController();
  const closers = new Closers();
  let firstSignal: number | undefined;
  const onSignal = (): void => {
    firstSignal ??= performance.now();
    if (performance.now() - firstSignal > sameSignal) {
      closers.abandonAll();
      process.exit(130);
    }
    if (!stop.signal.aborted) {
      process.stderr.write('Stopping what was started; once more stops at once.\n');
      stop.abort();
      // What could not be closed is told when the rest is.
      void closers.closeAll().catch(() => undefined);
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await bench(options, closers, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) {
      return 130;
    }
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  } finally {
    await closers.closeAll().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function bench(options: Options, closers: Closers, signal: AbortSignal): Promise<number> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  await removeLeftovers();
  const { runs, quick, durable, against } = options;
  if (!quick) {
    await buildGateway();
  }
  const startedAt = Date.now();
  const diskLatency = await commitLatency();
  const head: Head = {
    ...{ startedAt, runs, quick, durable, diskLatency, against },
    connections: databaseConnections,
  };
  const context = createContext(
    { runs, quick, durable, against, signal, log, soakMinutes: options.soakMinutes ?? defaultSoak },
    closers,
  );
  const entries: Entry[] = [];
  const failures: string[] = [];
  for (const scenario of scenarios) {
    if (options.names.length > 0 && !options.names.includes(scenario.name)) {
      continue;
    }
    log(`${scenario.name}: ${scenario.about}`);
    try {
      for await (const row of scenario.run(context)) {
        entries.push({ scenario: scenario.name, ...row });
      }
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`${scenario.name} failed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await closers.closeAll();
    }
  }
  process.stdout.write(`${[...headLines(head), '', ...rowLines(entries), ...failures].join('\n')}\n`);
  await mkdir(dirname(options.json), { recursive: true });
  await writeFile(options.json, `${JSON.stringify({ ...head, failures, rows: entries }, null, 2)}\n`);
  log(`All figures are in ${options.json}.`);
  const isWrong = failures.length > 0 || entries.some(({ errors }) => errors > 0);
  const isMissed = options.strict && entries.some(({ requirement }) => requirement?.met === false);
  return isWrong || isMissed ? 1 : 0;
}
