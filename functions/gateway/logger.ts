import pino, { type Logger } from 'pino';
import type { Config } from '../config.ts';

/**
 * Lines wait for others for a tenth of a second at the most, since a write for each would cost as much as a fifth of
 * the request that it tells of. None is lost when the process ends, unless it is killed.
 */
function openLines(): ReturnType<typeof pino.destination> {
  const lines = pino.destination({ dest: 1, sync: true, minLength: 4096, periodicFlush: 100 });
  process.on('exit', () => {
    try {
      lines.flushSync();
    } catch (error) {
      if (!isBrokenPipe(error)) {
        throw error;
      }
    }
  });
  return lines;
}

/** Whoever read our output is gone. */
function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

/** Logs to standard output. */
export async function createLogger({ logLevel: level, logFormat }: Config): Promise<Logger> {
  if (logFormat === 'json') {
    return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, openLines());
  }
  const { default: pretty } = await import('pino-pretty');
  return pino(
    { level, base: null },
    pretty({
      colorize: process.stdout.isTTY,
      sync: true,
      destination: 1,
      singleLine: true,
      translateTime: 'SYS:HH:MM:ss',
    }),
  );
}
