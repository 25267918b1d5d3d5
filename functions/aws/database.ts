import { connect, type Database, type DatabaseOptions } from '../../db/client.ts';
import type { Config } from '../config.ts';
import { readAwsIdentity } from './credentials.ts';
import { databaseToken } from './database-token.ts';

/**
 * Connects as the configuration says: with the password of the URL, or with a token that is made anew for each
 * connection.
 *
 * @param clock milliseconds since 1970, by which tokens are dated
 * @throws Error when tokens are wanted and the environment says not as whom to sign them
 */
export function connectTo(
  { databaseAuth }: Pick<Config, 'databaseAuth'>,
  url: string,
  options: Omit<DatabaseOptions, 'password'>,
  clock: () => number = Date.now,
): Database {
  if (databaseAuth === 'password') {
    return connect(url, options);
  }
  const identity = readAwsIdentity(process.env);
  return connect(url, { ...options, password: () => databaseToken(url, identity, clock()) });
}
