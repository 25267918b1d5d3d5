/** Whoever comes before the database waits for it, as long as it may still come. */
import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from '../../../db/client.ts';
import { meetDatabase } from '../../../functions/aws/meet-database.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const options = { connections: 1, timeout: 1000 };

/** A server that leads to the database, when it listens. */
function door(): Server {
  const { hostname, port } = new URL(database.url);
  return createServer((client) => {
    const server = connectSocket(Number(port), hostname);
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
    client.pipe(server).pipe(client);
  });
}

/** An address at which nobody listens yet. */
async function closedAddress(): Promise<{ readonly url: string; readonly port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const url = new URL(database.url);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return { url: url.href, port };
}

it('goes on when the database is there', async () => {
  const { url, port } = await closedAddress();
  const own = connect(url, options);
  const other = connect(url, options);
  const met = meetDatabase(own.sql, { longest: 20_000, between: 10 });
  await expect(other.sql`select 1`).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const server = door().listen(port, '127.0.0.1');
  await expect(met).resolves.toBeUndefined();
  await Promise.all([own.close(), other.close()]);
  server.close();
});

it('says what is wrong when it does not come', async () => {
  const own = connect((await closedAddress()).url, options);
  await expect(meetDatabase(own.sql, { longest: 0, between: 10 })).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
  await own.close();
});
