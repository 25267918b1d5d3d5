import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../db/client.ts';
import { within } from '../../db/deadline.ts';
import { failureCode } from '../../db/failure.ts';
import { createTestDatabase } from '../support/database.ts';

test('a statement that cannot be cancelled goes on to its own time-out, and nothing else happens', async () => {
  const database = await createTestDatabase();
  const { hostname, port } = new URL(database.url);
  const listener = createServer((client) => {
    const server = connectSocket(Number(port), hostname);
    client.on('error', () => undefined).pipe(server);
    server.on('error', () => undefined).pipe(client);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = new URL(database.url);
  address.port = String((listener.address() as AddressInfo).port);
  const { sql, close } = connect(address.href, { connections: 1, timeout: 500 });
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  onTestFinished(async () => {
    process.off('unhandledRejection', note);
    await close();
    await database.drop();
  });
  await sql`select 1`;
  // The connection that there is stays; another one, such as a cancellation needs, is refused.
  listener.close();
  const failure: unknown = await within(sql`select pg_sleep(10)`, 50).catch((error: unknown) => error);
  expect(failureCode(failure)).toBe('57014');
  expect(failure).toMatchObject({ message: 'canceling statement due to statement timeout' });
  expect(unhandled).toEqual([]);
});
