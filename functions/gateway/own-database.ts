import { connect } from 'node:net';
import type { Logger } from 'pino';
import { type Claim, claimEmbedded } from '../../db/embedded/claim.ts';
import { type EmbeddedServer, startEmbedded } from '../../db/embedded.ts';

/** How often the server is looked at, in milliseconds. */
const interval = 1_000;

export interface OwnDatabase {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts the embedded Postgres of a folder for this process alone, and starts it again on the same port
 * when it has died.
 *
 * @throws Error whose message is a sentence for the operator
 */
export async function startOwnDatabase(directory: string, log: Logger): Promise<OwnDatabase> {
  const start = (port?: number): Promise<EmbeddedServer> =>
    startEmbedded({ directory, log: (line) => log.info(line), ...(port === undefined ? {} : { port }) });
  let server = await start();
  let claim: Claim | undefined = await claimEmbedded(server.url).catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  if (claim === undefined) {
    throw new Error(`another Kite runs on ${directory}: stop it, or set KITE_DATA to another folder`);
  }

  const { url, port } = server;
  const look = async (): Promise<void> => {
    if (await isListening(port)) {
      return;
    }
    log.error({ port }, 'the embedded Postgres has died; it is started again');
    try {
      await claim?.release().catch(() => undefined);
      claim = undefined;
      server = await start(port);
      claim = await claimEmbedded(server.url);
      log.info({ port: server.port }, 'the embedded Postgres is up again');
    } catch (error) {
      log.error({ err: error }, 'the embedded Postgres could not be started; the next try is in a second');
    }
  };
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  }, interval);
  timer.unref();
  return {
    url,
    async stop() {
      clearInterval(timer);
      await looking;
      await claim?.release().catch(() => undefined);
      await server.stop();
    },
  };
}

/** Whether something takes connections on a port of this machine; false only when they are refused. */
function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: interval });
    const end = (listening: boolean) => () => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', end(true)).once('timeout', end(true)).once('error', end(false));
  });
}
