import { appendFile, chmod, chown, copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { startEmbedded } from '../../db/embedded.ts';

const fixtures = new URL('../fixtures/tls/', import.meta.url);

/** Signs the certificate of the server, which is for `localhost`. */
export const authority = new URL('ca.pem', fixtures).pathname;

export interface SecurePostgres {
  /** Database `kite` by the name of the certificate, whose proof is asked for; without a password. */
  secure(user: string): string;
  /** The same without TLS. */
  plain(user: string): string;
  /** A superuser's connection. */
  readonly sql: postgres.Sql;
  stop(): Promise<void>;
}

/**
 * A Postgres server of its own that takes these users as an RDS Proxy does: with a password that is sent as it is and
 * compared.
 *
 * @param users.secure over TLS alone
 * @param users.plain without
 */
export async function startSecurePostgres(users: {
  readonly secure: readonly string[];
  readonly plain?: readonly string[];
}): Promise<SecurePostgres> {
  const directory = await mkdtemp(join(tmpdir(), `kite-test-${process.pid}-`));
  await chmod(directory, 0o755);
  const server = await startEmbedded({ directory, durable: false });
  const sql = postgres(server.url, { max: 1, onnotice: () => undefined });
  const stop = async (): Promise<void> => {
    await sql.end({ timeout: 1 });
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const data = join(directory, 'data');
    const { uid, gid } = await stat(data);
    for (const name of ['server.pem', 'server.key']) {
      await copyFile(new URL(name, fixtures), join(data, name));
      await chmod(join(data, name), 0o600);
      await chown(join(data, name), uid, gid);
    }
    const { secure, plain = [] } = users;
    const rules = [
      ...secure.flatMap((user) => [`hostssl all ${user} all password`, `host all ${user} all reject`]),
      ...plain.map((user) => `host all ${user} all password`),
    ];
    const hba = join(data, 'pg_hba.conf');
    await writeFile(hba, `${rules.join('\n')}\n${await readFile(hba, 'utf8')}`);
    await appendFile(
      join(data, 'postgresql.conf'),
      "\nssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\n",
    );
    await sql`select pg_reload_conf()`;
    for (const user of [...secure, ...plain]) {
      await sql`create role ${sql(user)} login`;
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    secure: (user) => `postgres://${user}@localhost:${server.port}/kite?sslmode=verify-full`,
    plain: (user) => `postgres://${user}@127.0.0.1:${server.port}/kite`,
    sql,
    stop,
  };
}
