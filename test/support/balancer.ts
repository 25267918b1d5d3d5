import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Where a server takes requests, and where it says whether it is ready. */
export interface Backend {
  readonly url: string;
  readonly status: string;
}

/**
 * What stands before the pods of a service: each new connection goes to one that said it is ready when it was last asked.
 * Connections that there are stay where they are.
 */
export interface Balancer {
  readonly url: string;
  add(backend: Backend): void;
  isReady(backend: Backend): boolean;
  /** Connections that it could not give to anybody. */
  refused(): number;
  close(): Promise<void>;
}

/** Milliseconds between two questions. */
const interval = 20;

export async function startBalancer(): Promise<Balancer> {
  const backends = new Map<Backend, boolean>();
  const sockets = new Set<Socket>();
  const stop = new AbortController();
  let refused = 0;
  let turn = 0;
  const watch = async (backend: Backend): Promise<void> => {
    while (!stop.signal.aborted) {
      const isReady = await fetch(`${backend.status}/readyz`, { signal: stop.signal }).then(
        async (answer) => {
          await answer.arrayBuffer();
          return answer.ok;
        },
        () => false,
      );
      backends.set(backend, isReady);
      await pause(interval, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const keep = (socket: Socket, other: () => Socket | undefined): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      other()?.destroy();
    });
  };
  const server = createServer((client) => {
    const ready = [...backends].flatMap(([backend, isReady]) => (isReady ? [backend] : []));
    const chosen = ready[turn % ready.length];
    turn += 1;
    keep(client, () => upstream);
    let upstream: Socket | undefined;
    if (chosen === undefined) {
      refused += 1;
      client.destroy();
      return;
    }
    const { hostname, port } = new URL(chosen.url);
    upstream = connect(Number(port), hostname);
    keep(upstream, () => client);
    client.pipe(upstream);
    upstream.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const watching: Promise<void>[] = [];
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    add(backend) {
      backends.set(backend, false);
      watching.push(watch(backend));
    },
    isReady: (backend) => backends.get(backend) === true,
    refused: () => refused,
    async close() {
      stop.abort();
      await Promise.all(watching);
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await once(server, 'close');
    },
  };
}
