import * as z from 'zod/mini';
import type { Database } from '../../db/client.ts';
import { ensureHistory } from '../../db/history/ensure.ts';
import { migrate, pendingMigrations } from '../../db/migrate.ts';
import { ensureAppRole } from '../../db/roles/ensure.ts';
import { readAwsIdentity } from '../aws/credentials.ts';
import { connectTo } from '../aws/database.ts';
import { meetDatabase } from '../aws/meet-database.ts';
import { Secrets } from '../aws/secret.ts';
import { type Config, readConfig } from '../config.ts';
import { findMigrations } from '../migrations.ts';
import { sentenceOf } from '../sentence.ts';

/** Milliseconds for one attempt to connect, and for one question to Secrets Manager. */
const patience = 10_000;

/** Milliseconds that a proxy may take to know its database, and between two attempts. */
const forProxy = { longest: 5 * 60_000, between: 2_000 };
/** Any other database is there, or it is not. */
const forDatabase = { longest: 0, between: 0 };

const asked = z.object({ check: z.optional(z.boolean()) });
const appSecret = z.object({ username: z.string(), password: z.string().check(z.minLength(1)) });

interface Outcome {
  /** Names of the migrations that this run landed; with `check`, of those that it would land. */
  readonly applied: readonly string[];
  readonly check: boolean;
}

/**
 * Brings the database up to date before the code of the functions changes: migrations, then the role of the functions
 * where KITE_APP_SECRET_ARN names the secret with its name and password, then room for history. Any number of runs at once
 * do no harm.
 *
 * @param event `{"check": true}` changes nothing
 * @throws Error whose message is a sentence, which becomes the reason of a failed deployment: it holds no secret
 */
export async function handler(event: unknown): Promise<Outcome> {
  try {
    const check = asked.safeParse(event).data?.check === true;
    const config = readConfig(process.env);
    if (config.databaseUrl === undefined) {
      throw new Error('DATABASE_URL is not set');
    }
    // As long as a large table takes: what bounds it is the time that the function may run.
    const options = { connections: 1, timeout: patience, statementTimeout: 0 };
    const database = connectTo(config, config.databaseUrl, options);
    try {
      await meetDatabase(database.sql, config.databaseAuth === 'iam' ? forProxy : forDatabase);
      const applied = check
        ? await pendingMigrations(database.sql, findMigrations())
        : await bringUpToDate(database.sql, config);
      return { applied, check };
    } finally {
      await database.close();
    }
  } catch (error) {
    // A cause would be logged with the statement that it is of, and the statement's parameters.
    throw new Error(`The database was not brought up to date. ${sentenceOf(error)}`);
  }
}

async function bringUpToDate(sql: Database['sql'], config: Config): Promise<readonly string[]> {
  const { applied } = await migrate(sql, findMigrations(), config.acceptsNewer ? () => undefined : undefined);
  const arn = process.env.KITE_APP_SECRET_ARN?.trim() ?? '';
  if (arn !== '') {
    const { username, password } = await readAppSecret(arn);
    await ensureAppRole(sql, { name: username, password, statementTimeout: config.databaseTimeout });
  }
  await ensureHistory(sql, Date.now(), config.historyDays);
  return applied;
}

async function readAppSecret(arn: string): Promise<z.output<typeof appSecret>> {
  const secrets = new Secrets(readAwsIdentity(process.env), {
    env: process.env,
    timeout: patience,
    clock: Date.now,
  });
  const text = await secrets.read(arn);
  try {
    return appSecret.parse(JSON.parse(text));
  } catch {
    // What a parser has to say shows a piece of the secret.
    throw new Error(`the secret ${arn} does not hold JSON with a username and a password`);
  }
}
