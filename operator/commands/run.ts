import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ConfigFile } from '../config/file.ts';
import type { Config } from '../config.ts';
import type { Cluster } from '../runtime/cluster.ts';
import { judgeReadiness, type Readiness } from '../runtime/health.ts';
import { serveDeadLetters } from '../runtime/journal/control.ts';
import type { Journal } from '../runtime/journal.ts';
import { createElection, type Election } from '../runtime/lease.ts';
import type { createLogger } from '../runtime/logger.ts';
import { createMetrics, type Metrics } from '../runtime/metrics.ts';
import { pause } from '../runtime/patience.ts';
import { startStatusServer } from '../runtime/server.ts';
import type { Where } from './arguments.ts';
import { Sending } from './sending.ts';
import {
  chance,
  connect,
  identityOf,
  openConfig,
  openJournalOf,
  openLog,
  type Setting,
  version,
} from './setting.ts';
import { aborted, Watching } from './watching.ts';

type Logger = ReturnType<typeof createLogger>;

/** Reports that Kite has taken and that a restart does not send again: those of a cluster of 50,000 runs. */
const mostRemembered = 50_000;

/** Ends what was started, in the reverse order. */
type Closers = (() => Promise<unknown>)[];

/**
 * Watches and reports until the process is asked to end. Then it observes no more, gives the lease up, sends what it can
 * within the grace time, and leaves the rest in the journal.
 *
 * @returns the exit code
 * @throws Error with a sentence for the operator when it cannot start
 */
export async function run(where: Where, setting: Setting): Promise<number> {
  const file = await openConfig(where, setting.env);
  const log = openLog(file.config, 1);
  const closers: Closers = [];
  try {
    const running = await start(where, file, setting, log, closers);
    await untilStopped(running, setting.stop);
    await finish(running, file.config, log);
  } finally {
    for (const close of closers.splice(0).reverse()) {
      await close();
    }
    log.flush();
  }
  return 0;
}

interface Running {
  readonly sending: Sending;
  /** Resolves when nothing is observed any more and the lease is given up. */
  readonly observing: Promise<void>;
}

async function start(
  where: Where,
  file: ConfigFile,
  setting: Setting,
  log: Logger,
  closers: Closers,
): Promise<Running> {
  const { env, stop } = setting;
  const { config } = file;
  const metrics = createMetrics();
  metrics.gauge('info', 1, { version, node: process.version });
  const journal = await openJournalOf(config, metrics, log, mostRemembered);
  closers.push(() => journal.close());
  const control = await serveDeadLetters(journal, config.journal.directory, log);
  closers.push(() => control.close());
  const cluster = await connect(where, env);
  closers.push(() => cluster.close());
  const parts = { telemetry: metrics, log };
  let election: Election | undefined;
  const watching = new Watching(config, {
    ...parts,
    cluster,
    accept: async (reports) => void (await journal.append(reports)),
    holds: () => election?.holds() ?? true,
  });
  metrics.gauge('leader', config.lease.isEnabled ? 0 : 1);
  if (config.lease.isEnabled) {
    election = createElection({
      ...parts,
      ...chance,
      cluster,
      ...leaseOf(config, cluster),
      identity: identityOf(env, randomUUID),
      lead: (signal) => watching.run(signal),
    });
  }
  const sending = new Sending(config, { ...parts, journal, env });
  closers.push(() => sending.stop());

  const readiness = readinessOf({ first: config, file, journal, watching, sending, election, stop });
  const server = await startStatusServer({
    ...config.server,
    readiness,
    metrics: () => exposed(metrics, readiness(), journal, config),
    log,
  });
  closers.push(() => server.close());
  const { port } = server;
  log.info({ version, cluster: cluster.server, kite: config.kite.url, port }, 'the operator has started');

  const over = new AbortController();
  const following = file.follow(log, over.signal, applier(config, watching, sending, metrics, log));
  closers.push(async () => {
    over.abort();
    await following;
  });
  return { sending, observing: election === undefined ? watching.run(stop) : election.run(stop) };
}

/** Takes each part of a new configuration to where it counts. */
function applier(first: Config, watching: Watching, sending: Sending, metrics: Metrics, log: Logger) {
  let before = first;
  return (config: Config): void => {
    metrics.count('config_reloads');
    log.level = config.log.level;
    const parts = ['controllers', 'surroundings', 'namespaces', 'resync'] as const;
    if (parts.some((part) => !isDeepStrictEqual(before[part], config[part]))) {
      watching.apply(config);
    }
    if (!isDeepStrictEqual(before.kite, config.kite)) {
      sending.apply(config).catch((error: unknown) => {
        log.error({ err: error }, 'sending could not be begun anew');
      });
    }
    const unapplied = unappliedOf(first, config);
    if (unapplied.length > 0) {
      log.warn({ unapplied }, 'some changes count from the next start on');
    }
    before = config;
  };
}

/** What has been different since the start, and can only count from the next one on. */
function unappliedOf(first: Config, now: Config): readonly string[] {
  return (['journal', 'lease', 'server'] as const).filter(
    (part) => !isDeepStrictEqual(first[part], now[part]),
  );
}

function readinessOf(parts: {
  readonly first: Config;
  readonly file: ConfigFile;
  readonly journal: Journal;
  readonly watching: Watching;
  readonly sending: Sending;
  readonly election: Election | undefined;
  readonly stop: AbortSignal;
}): () => Readiness {
  const { first, file, journal, watching, sending, election, stop } = parts;
  return () =>
    judgeReadiness({
      election: election?.state(),
      manager: watching.state(),
      journal: journal.stats(),
      mostReports: first.journal.mostReports,
      sender: sending.state(),
      configProblem: file.problem,
      unapplied: unappliedOf(first, file.config),
      isStopping: stop.aborted,
      now: chance.clock(),
    });
}

/** The metrics, with those that are looked up when they are asked for. */
function exposed(metrics: Metrics, { isReady, isConfigValid }: Readiness, journal: Journal, first: Config) {
  metrics.gauge('ready', isReady ? 1 : 0);
  metrics.gauge('config_valid', isConfigValid ? 1 : 0);
  metrics.gauge('journal_oldest_seconds', journal.stats().oldestMs / 1000);
  metrics.gauge('journal_limit_reports', first.journal.mostReports);
  return metrics.text();
}

/** @throws Error when nobody says in which namespace the lease is */
function leaseOf({ lease }: Config, cluster: Cluster): { readonly namespace: string; readonly name: string } {
  const namespace = lease.namespace ?? cluster.namespace;
  if (namespace === undefined) {
    throw new Error('The credentials of the cluster name no namespace: give lease.namespace.');
  }
  return { namespace, name: lease.name };
}

/** @throws Error when observing ends by itself */
async function untilStopped({ observing }: Running, stop: AbortSignal): Promise<void> {
  await Promise.race([aborted(stop), observing]);
  if (!stop.aborted) {
    throw new Error('Observing has ended by itself.');
  }
}

async function finish({ sending, observing }: Running, { grace }: Config, log: Logger): Promise<void> {
  const end = performance.now() + grace;
  const left = (): number => Math.max(0, end - performance.now());
  log.info({ graceMs: grace }, 'stopping');
  const over = new AbortController();
  await Promise.race([observing.finally(() => over.abort()), pause(grace / 2, over.signal)]);
  const flushed = await sending.flush(left());
  log.info(flushed, flushed.left === 0 ? 'everything was sent' : 'what is left stays in the journal');
}
