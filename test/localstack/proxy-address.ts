import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { platform } from 'node:os';

const ATTEMPTS = 20;
/** The stack's functions ask for the proxy there. */
const PORT = 5432;

/**
 * A loopback address whose port 5432 is free. On Linux all of 127.0.0.0/8 is this machine, so there is room beside any other
 * Postgres; elsewhere there is one address.
 *
 * @returns `address:port`
 * @throws Error when there is none
 */
export async function proxyAddress(): Promise<string> {
  const candidates =
    platform() === 'linux'
      ? Array.from(
          { length: ATTEMPTS },
          () => `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`,
        )
      : ['127.0.0.1'];
  for (const address of candidates) {
    if (await isFree(address)) {
      return `${address}:${PORT}`;
    }
  }
  throw new Error(
    `Port ${PORT} of 127.0.0.1 is taken: end what listens there. The stack's functions use that port.`,
  );
}

async function isFree(address: string): Promise<boolean> {
  const server = createServer().listen(PORT, address);
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
