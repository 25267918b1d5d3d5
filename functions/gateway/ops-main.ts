import { randomBytes, randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { formatKey, keyDigest, keySecretBytes } from '../../core/access/key.ts';
import type { ApiKey } from '../../core/contract/keys.ts';
import type { Database } from '../../db/client.ts';
import { claimEmbedded } from '../../db/embedded/claim.ts';
import { startEmbedded } from '../../db/embedded.ts';
import { failureCode } from '../../db/failure.ts';
import { createKey } from '../../db/keys/create.ts';
import { listKeys } from '../../db/keys/list.ts';
import { revokeKey } from '../../db/keys/revoke.ts';
import { connectTo } from '../aws/database.ts';
import { type Config, readConfig } from '../config.ts';
import { type Command, readCommand, usage } from './ops/arguments.ts';
import { functionsUsage } from './ops/aws/usage.ts';

type Work = Exclude<Command, { verb: 'help' }>;

const pageSize = 1000;
const noSuchTable = '42P01';
/** Commands on the functions of an installation on AWS: what they need is loaded for them alone. */
const onFunctions: ReadonlySet<string | undefined> = new Set(['invoke', 'migrate', 'tail']);

/** Whoever is at the database is asked for nothing else: the audit names the account of this machine. */
function acting(now: number) {
  return { actor: `ops (${userInfo().username})`, requestId: null, now };
}

async function carryOut(command: Work, { sql }: Database, config: Config, now: number): Promise<void> {
  switch (command.verb) {
    case 'create': {
      const { text, secret } = formatKey(
        randomUUID().replaceAll('-', '').slice(0, 12),
        randomBytes(keySecretBytes),
      );
      const { name, namespaces, may, clusters, expiresAt } = command.key;
      const [, id = ''] = text.split('_');
      const key = await createKey(sql, {
        ...acting(now),
        id,
        name,
        digest: keyDigest(secret),
        clusters: clusters ?? [config.cluster],
        namespaces,
        may,
        expiresAt: expiresAt ?? null,
      });
      process.stderr.write(`${line(key)}\nThis is the key; it is shown this once:\n`);
      process.stdout.write(`${text}\n`);
      return;
    }
    case 'list': {
      for (let cursor: string | null = null, isLast = false; !isLast; isLast = cursor === null) {
        const page = await listKeys(sql, { clusters: null, limit: pageSize, cursor });
        process.stdout.write(page.data.map((key) => `${line(key)}\n`).join(''));
        cursor = page.nextCursor;
      }
      return;
    }
    case 'revoke':
      await revokeKey(sql, { ...acting(now), id: command.id, clusters: null });
      process.stderr.write(`${command.id} is revoked.\n`);
  }
}

function line(key: ApiKey): string {
  const state =
    key.revokedAt !== null
      ? `revoked ${key.revokedAt}`
      : key.expiresAt === null
        ? 'does not expire'
        : `until ${key.expiresAt}`;
  return [
    key.id,
    key.may.join(','),
    `namespaces ${key.namespaces.join(',')}`,
    `clusters ${key.clusters.join(',')}`,
    state,
    `used ${key.lastUsedAt ?? 'never'}`,
    `made ${key.createdAt} by ${key.createdBy ?? 'somebody'}`,
    key.name,
  ].join('  ');
}

/** Leaves a server that runs as it is, and ends one that was started for this. */
async function withDatabase(config: Config, work: (database: Database) => Promise<void>): Promise<void> {
  const own =
    config.databaseUrl === undefined ? await startEmbedded({ directory: config.dataDirectory }) : null;
  const claim = own === null || own.adopted ? undefined : await claimEmbedded(own.url);
  try {
    const url = config.databaseUrl ?? own?.url ?? '';
    const database = connectTo(config, url, { connections: 1, timeout: config.databaseTimeout });
    try {
      await work(database);
    } finally {
      await database.close();
    }
  } finally {
    if (claim !== undefined) {
      await claim.release();
      await own?.stop();
    }
  }
}

async function main(args: readonly string[]): Promise<void> {
  if (onFunctions.has(args[0])) {
    const { runFunctionsCommand } = await import('./ops/aws/run.ts');
    process.exitCode = await runFunctionsCommand(args);
    return;
  }
  const now = Date.now();
  const command = readCommand(args, now);
  if (command.verb === 'help') {
    process.stdout.write(`${usage}\n${functionsUsage}`);
    return;
  }
  const config = readConfig(process.env, false, process.getuid?.() === 0);
  await withDatabase(config, (database) => carryOut(command, database, config, now));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const isNew = failureCode(error) === noSuchTable;
  const sentence = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `${isNew ? 'This database has no keys yet: start Kite on it once, which makes its tables.' : sentence}\n`,
  );
  process.exitCode = 1;
}
