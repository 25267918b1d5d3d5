import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A cable between a server and its Postgres that can be pulled, and that counts what goes through. */
export interface Relay {
  /** The database's address, by way of the relay. */
  readonly url: string;
  /** Statements that were sent since the relay began: simple queries and executions of prepared ones. */
  statements(): number;
  /** Swallows what the database answers on the connections there are, until they are cut. */
  mute(): void;
  /** Breaks every connection there is, as a peer that crashed does (TCP reset). */
  reset(): void;
  /** Breaks every connection and every further attempt. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function startRelay(databaseUrl: string): Promise<Relay> {
  const address = new URL(databaseUrl);
  const target = { host: address.hostname, port: Number(address.port) };
  const sockets = new Set<Socket>();
  const muters = new Set<() => void>();
  const callers = new Set<Socket>();
  let isCut = false;
  let statements = 0;
  const listener = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const server = connect(target);
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    const count = countStatements(() => {
      statements += 1;
    });
    client.on('data', count);
    client.pipe(server);
    server.pipe(client);
    const silence = (): void => {
      server.unpipe(client);
      server.resume();
    };
    muters.add(silence);
    callers.add(client);
    client.on('close', () => {
      muters.delete(silence);
      callers.delete(client);
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const listening = listener.address();
  if (listening === null || typeof listening === 'string') throw new Error('The relay has no port.');
  address.hostname = '127.0.0.1';
  address.port = String(listening.port);
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: address.href,
    statements: () => statements,
    mute() {
      for (const silence of muters) silence();
    },
    reset() {
      for (const client of callers) client.resetAndDestroy();
    },
    cut,
    mend() {
      isCut = false;
    },
    async close() {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/**
 * Reads the frontend's side of the Postgres protocol: a first message without a type byte, then messages of
 * a type byte and a length that counts itself.
 */
function countStatements(seen: () => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  let isStarted = false;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const head = isStarted ? 1 : 0;
      if (rest.length < head + 4) return;
      const length = head + rest.readInt32BE(head);
      if (rest.length < length) return;
      const type = isStarted ? String.fromCharCode(rest[0] ?? 0) : '';
      if (type === 'Q' || type === 'E') seen();
      isStarted = true;
      rest = rest.subarray(length);
    }
  };
}
