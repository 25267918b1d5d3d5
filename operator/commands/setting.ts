import { homedir, hostname } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { ConfigFile } from '../config/file.ts';
import type { Config, Place } from '../config.ts';
import { type Cluster, connectCluster } from '../runtime/cluster.ts';
import { type Journal, openJournal } from '../runtime/journal.ts';
import type { Log } from '../runtime/log.ts';
import { createLogger } from '../runtime/logger.ts';
import { type Sender, startSender } from '../runtime/sender.ts';
import type { Telemetry } from '../runtime/telemetry.ts';
import type { Where } from './arguments.ts';

export const { version } = packageJson;

/** What the process gives to a command. */
export interface Setting {
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by the first signal that asks the process to end. */
  readonly stop: AbortSignal;
  /** Writes to the standard output. */
  readonly print: (text: string) => void;
}

/** What all parts count time and chance by. */
export const chance = { clock: Date.now, random: Math.random } as const;

export const silent: Telemetry = {
  count: () => undefined,
  gauge: () => undefined,
  time: () => undefined,
};

/** @throws ConfigError */
export function openConfig(where: Partial<Where>, env: NodeJS.ProcessEnv): Promise<ConfigFile> {
  const { kubeconfig, context, config } = where;
  const isChosen = kubeconfig !== undefined || context !== undefined;
  const isPod = !isChosen && (env.KUBERNETES_SERVICE_HOST ?? '') !== '';
  const place: Place = { isPod, journalDirectory: journalDirectory(env) };
  return ConfigFile.open({ path: config === undefined ? undefined : resolve(config), place });
}

/** Pretty on a terminal, unless the configuration says otherwise. */
export function openLog(
  { log }: Config,
  to: 1 | 2,
  level: string = log.level,
): ReturnType<typeof createLogger> {
  const isTerminal = (to === 1 ? process.stdout : process.stderr).isTTY === true;
  return createLogger({ level, format: log.format ?? (isTerminal ? 'pretty' : 'json'), to });
}

/** @throws ClusterFailure when it cannot be known where the API server is */
export function connect({ kubeconfig, context }: Where, env: NodeJS.ProcessEnv): Promise<Cluster> {
  return connectCluster({ kubeconfig, context, env, clock: chance.clock });
}

/**
 * @param mostRemembered reports that Kite has taken and that are not sent again; none: all that is said is sent
 * @throws Error when another process has it open
 */
export function openJournalOf(
  { journal }: Config,
  telemetry: Telemetry,
  log: Log,
  mostRemembered = 0,
): Promise<Journal> {
  return openJournal({ ...journal, mostRemembered, telemetry, log, ...chance });
}

export function sendFrom(
  journal: Journal,
  { kite }: Config,
  env: NodeJS.ProcessEnv,
  telemetry: Telemetry,
  log: Log,
): Sender {
  const { url, tokenFile, caFile } = kite;
  return startSender({
    journal,
    url,
    ...(tokenFile !== undefined && { tokenFile }),
    ...(caFile !== undefined && { caFile }),
    environment: env,
    userAgent: `kite-operator/${version}`,
    telemetry,
    log,
    ...chance,
  });
}

/** Different for each replica: the pod's name, else that of the machine and something random. */
export function identityOf(env: NodeJS.ProcessEnv, newId: () => string): string {
  const pod = env.POD_NAME ?? '';
  return pod === '' ? `${hostname()}-${newId().slice(0, 8)}` : pod;
}

/** In the user's folder for what programs keep. */
function journalDirectory(env: NodeJS.ProcessEnv): string {
  const { XDG_STATE_HOME: state = '' } = env;
  return isAbsolute(state)
    ? join(state, 'kite-operator')
    : join(env.HOME ?? homedir(), '.local/state/kite-operator');
}
