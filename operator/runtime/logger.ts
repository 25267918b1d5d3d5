import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

export interface LoggerOptions {
  readonly level: string;
  readonly format: 'json' | 'pretty';
  /** The file descriptor: 1 is the standard output, 2 the standard error output. */
  readonly to: 1 | 2;
}

/** One JSON object a line, or a line for people. Nothing that was logged is lost when the process ends in good order. */
export function createLogger({ level, format, to }: LoggerOptions): Logger {
  if (format === 'pretty') {
    const stream = pretty({
      colorize: (to === 1 ? process.stdout : process.stderr).isTTY,
      sync: true,
      destination: to,
      singleLine: true,
      translateTime: 'SYS:HH:MM:ss',
    });
    return pino({ level, base: null }, stream);
  }
  const lines = pino.destination({ dest: to, sync: true, minLength: 4096, periodicFlush: 100 });
  process.on('exit', () => {
    try {
      lines.flushSync();
    } catch (error) {
      // Whoever read our output is gone.
      if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) {
        throw error;
      }
    }
  });
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, lines);
}
