import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../../db/client.ts';
import { retrying } from '../../../db/failure.ts';
import { databaseToken } from '../../../functions/aws/database-token.ts';
import { authority, type SecurePostgres, startSecurePostgres } from '../../support/secure-postgres.ts';

const now = Date.parse('2026-11-22T01:02:03.456Z');
const minute = 60_000;
/** As long as those that Lambda gives. */
const identity = {
  region: 'eu-central-1',
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: `IQoJb3JpZ2luX2Vj${'A/b+c='.repeat(200)}==`,
};
const main = new URL('connection-main.ts', import.meta.url).pathname;
let server: SecurePostgres;

beforeAll(async () => {
  server = await startSecurePostgres({ secure: ['kite_app'], plain: ['kite_plain'] });
  await server.sql`alter role kite_app set statement_timeout = '4321ms'`;
});
afterAll(() => server.stop());

/** From now on the server takes the token of this moment, and no other. */
async function takeTokenOf(time: number): Promise<void> {
  const token = databaseToken(server.secure('kite_app'), identity, time);
  for (const user of ['kite_app', 'kite_plain']) {
    await server.sql.unsafe(`alter role ${user} password '${token.replaceAll("'", "''")}'`);
  }
}

/** What a process with this environment is told by the server. */
async function connected(env: Readonly<Record<string, string>>): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', main], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATABASE_URL: server.secure('kite_app'),
      KITE_DATABASE_AUTH: 'iam',
      KITE_TEST_NOW: String(now),
      AWS_REGION: identity.region,
      AWS_ACCESS_KEY_ID: identity.accessKeyId,
      AWS_SECRET_ACCESS_KEY: identity.secretAccessKey,
      AWS_SESSION_TOKEN: identity.sessionToken,
      ...env,
    },
  });
  return JSON.parse(stdout);
}

describe('a process that has credentials and no password', () => {
  test('is let in over TLS, and the settings of its role hold', async () => {
    await takeTokenOf(now);
    expect(await connected({ NODE_EXTRA_CA_CERTS: authority })).toEqual({
      user: 'kite_app',
      ssl: true,
      zone: 'UTC',
      name: 'kite',
      timeout: '4321ms',
    });
  });

  test('sends its token to no server whose certificate it cannot trace', async () => {
    await takeTokenOf(now);
    expect(await connected({})).toEqual({ code: expect.stringMatching(/^(UNABLE_TO_|SELF_SIGNED_)/) });
  });

  test('is unavailable, not broken, where the database does not take its token', async () => {
    await takeTokenOf(now - minute);
    expect(await connected({ NODE_EXTRA_CA_CERTS: authority })).toEqual({ code: '28P01' });
  });
});

describe('connections by token', () => {
  const open = (clock: () => number) =>
    connect(server.plain('kite_plain'), {
      connections: 1,
      timeout: 5_000,
      password: () => databaseToken(server.secure('kite_app'), identity, clock()),
    });
  const whoAmI = async ({ sql }: ReturnType<typeof open>) => {
    const [row] = await retrying(() => sql`select current_user::text as name, pg_backend_pid() as pid`);
    return row;
  };

  test('a new one has a new token, however long ago the last one was made', async () => {
    let time = now;
    await takeTokenOf(time);
    const database = open(() => time);
    const first = await whoAmI(database);
    time += 16 * minute;
    await takeTokenOf(time);
    expect(await whoAmI(database)).toEqual(first);
    await server.sql`select pg_terminate_backend(${first?.pid}::integer)`;
    await expect
      .poll(() => whoAmI(database).catch(({ code }: { code: string }) => code))
      .toMatchObject({ name: 'kite_plain', pid: expect.not.toSatisfy((pid) => pid === first?.pid) });
    await database.close();
  });

  test('one that was refused is tried again by the next statement', async () => {
    let time = now;
    await takeTokenOf(now + minute);
    const database = open(() => time);
    await expect(whoAmI(database)).rejects.toMatchObject({ code: 'unavailable' });
    time = now + minute;
    expect(await whoAmI(database)).toMatchObject({ name: 'kite_plain' });
    await database.close();
  });

  test('tell the proxy nothing that it does not take', async () => {
    const listener = createServer();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const database = connect(`postgres://kite_app@127.0.0.1:${port}/kite`, {
      connections: 1,
      timeout: 5_000,
      password: () => 'token',
    });
    const asked = expect(database.sql`select 1`).rejects.toThrow();
    const [socket] = await once(listener, 'connection');
    const [message] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    // After its length and the version of the protocol: names and values, each with a zero behind it.
    const texts = message
      .toString('latin1', 8)
      .split('\0')
      .filter((text) => text !== '');
    const fields = texts.flatMap((name, index) => (index % 2 === 0 ? [[name, texts[index + 1]]] : []));
    expect(Object.fromEntries(fields)).toEqual({
      user: 'kite_app',
      database: 'kite',
      client_encoding: 'UTF8',
      application_name: 'kite',
      TimeZone: 'UTC',
    });
    await asked;
    listener.close();
    await database.sql.end({ timeout: 0 });
  });
});
