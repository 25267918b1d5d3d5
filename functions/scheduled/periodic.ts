import type { Database } from '../../db/client.ts';
import { connectTo } from '../aws/database.ts';
import { type Config, readConfig } from '../config.ts';
import { type Log, lineLog } from '../http/log.ts';
import { sentenceOf } from '../sentence.ts';

/** What work by the clock has at hand. */
interface Container {
  readonly sql: Database['sql'];
  readonly config: Config;
  readonly log: Log;
}

let container: Container | undefined;

/**
 * Work that is done by the clock, as Lambda calls it. A failure is thrown: it is tried again, and then ends in the queue of
 * dead letters.
 *
 * @param work gives what is told of it in the log, and to whoever called
 * @throws Error whose message is a sentence; it holds no secret
 */
export function periodic<T extends object>(
  name: string,
  work: (container: Container) => Promise<T>,
): () => Promise<T> {
  return async () => {
    try {
      container ??= open();
      const done = await work(container);
      container.log.info(done, `${name} is done`);
      return done;
    } catch (error) {
      // A cause would be logged with the statement that it is of, and the statement's parameters.
      throw new Error(`${name} was not done: ${sentenceOf(error)}`);
    }
  };
}

function open(): Container {
  const config = readConfig(process.env);
  if (config.databaseUrl === undefined) {
    throw new Error('DATABASE_URL is not set');
  }
  const { sql } = connectTo(config, config.databaseUrl, { connections: 1, timeout: config.databaseTimeout });
  return { sql, config, log: lineLog(config.logLevel, (line) => process.stdout.write(line)) };
}
