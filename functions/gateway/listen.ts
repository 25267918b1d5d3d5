import type { Server } from 'node:http';
import { isIPv6 } from 'node:net';

/**
 * @param variable what sets the port
 * @returns the port that it listens on
 * @throws Error whose message is a sentence for the operator
 */
export function listen(server: Server, host: string, port: number, variable: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, host, port, variable)));
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

export function addressOf(host: string, port: number): string {
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function explain(error: NodeJS.ErrnoException, host: string, port: number, variable: string): Error {
  const where = `port ${port} on ${host}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new Error(`${where} is taken: stop the other program or set ${variable}=0 for any free one`, {
        cause: error,
      });
    case 'EACCES':
      return new Error(`${where} is not for this user: set ${variable} to one above 1023, or to 0`, {
        cause: error,
      });
    case 'EADDRNOTAVAIL':
      return new Error(`${host} is no address of this machine: set HOST=127.0.0.1`, { cause: error });
    default:
      return new Error(`${where} cannot be listened on: ${error.message}`, { cause: error });
  }
}
