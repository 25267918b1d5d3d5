import type { Logger } from 'pino';
import { ConfigError } from '../../core/config-error.ts';
import { type Config, readConfig } from '../config.ts';
import { sentenceOf } from '../sentence.ts';
import { createLogger } from './logger.ts';
import { migrateOnly } from './migrate-only.ts';
import { type Closers, start } from './start.ts';

/** Where sh is bash, `npm start` delivers one Ctrl-C twice (npm 11.19: 0.5 ms apart): so soon, it is the same one. */
const sameSignal = 500;

const usage = `Kite's server.

  node main.js           serves, until SIGTERM or SIGINT ends it
  node main.js migrate   brings the database of DATABASE_URL up to date, and ends

README.md lists the environment variables that it reads.
`;

function complain(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

function readEnvironment(): Config | undefined {
  try {
    return readConfig(process.env, process.stdout.isTTY, process.getuid?.() === 0);
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    complain(`Kite cannot start with this configuration:\n${error.message}`);
    return undefined;
  }
}

async function close(closers: Closers, log: Logger): Promise<boolean> {
  let isClean = true;
  for (const closer of closers.splice(0).reverse()) {
    try {
      await closer();
    } catch (error) {
      isClean = false;
      log.error({ reason: sentenceOf(error) }, 'something did not end as it should');
    }
  }
  return isClean;
}

type Command = 'serve' | 'migrate';

/** Undefined for what is no command. */
function readCommand([command, ...more]: readonly string[]): Command | 'help' | undefined {
  if (more.length > 0) {
    return undefined;
  }
  switch (command) {
    case undefined:
      return 'serve';
    case 'migrate':
      return 'migrate';
    case '--help':
    case 'help':
      return 'help';
    default:
      return undefined;
  }
}

async function main(args: readonly string[]): Promise<number> {
  const command = readCommand(args);
  if (command === undefined) {
    complain(`There is no command ${args.join(' ')}.\n\n${usage}`);
    return 2;
  }
  if (command === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const config = readEnvironment();
  return config === undefined ? 1 : run(config, await createLogger(config), command);
}

/** Runs until a signal or a failure ends it; the exit code. */
async function run(config: Config, log: Logger, command: Command): Promise<number> {
  const stop = new AbortController();
  let firstSignal: number | undefined;
  let exitCode = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    firstSignal ??= performance.now();
    if (performance.now() - firstSignal > sameSignal) {
      process.exit(1);
    }
    if (!stop.signal.aborted) {
      log.info({ signal }, 'stopping');
      stop.abort();
    }
  };
  const onFailure = (error: unknown): void => {
    log.fatal({ err: error }, 'stopping after a failure that nobody handled');
    exitCode = 1;
    stop.abort();
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  process.on('unhandledRejection', onFailure).on('uncaughtException', onFailure);
  const stopped = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve()));
  const closers: Closers = [];
  try {
    if (command === 'migrate') {
      await migrateOnly(config, log, closers, stop.signal);
    } else {
      await start(config, log, closers, stop.signal);
      await stopped;
    }
  } catch (error) {
    if (!stop.signal.aborted) {
      complain(`Kite could not start: ${sentenceOf(error)}`);
      log.debug({ err: error }, 'could not start');
      exitCode = 1;
    }
  }
  const isClean = await close(closers, log);
  return isClean ? exitCode : 1;
}

// Whoever read our output may be gone; that is no reason to end.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
process.exit(await main(process.argv.slice(2)));
