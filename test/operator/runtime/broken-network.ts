import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Cluster } from '../../../operator/runtime/cluster.ts';
import type { KubeAddress } from '../../cluster/client.ts';
import { connectTo } from './watching.ts';

export interface Relay {
  /** Of the API server, by way of the relay. */
  readonly address: KubeAddress;
  /** The same, for the operator's own parts. */
  readonly cluster: Cluster;
  /** Breaks all connections, and accepts none. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** A network between the operator and an API server. */
export async function startRelay(address: KubeAddress): Promise<Relay> {
  const target = new URL(address.url);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((from) => {
    if (isCut) {
      from.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [from, far],
      [far, from],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = bound === null || typeof bound === 'string' ? 0 : bound.port;
  const near = { ...address, url: `https://127.0.0.1:${port}` };
  const cluster = await connectTo(near);
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) {
      socket.destroy();
    }
  };
  return {
    address: near,
    cluster,
    cut,
    mend: () => {
      isCut = false;
    },
    close: async () => {
      cut();
      server.close();
      await cluster.close();
    },
  };
}
