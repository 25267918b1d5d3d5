/** What is told to whoever runs this: some fields and a sentence, as one line. */
export interface Log {
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
}

/** As pino numbers them, whose lines the gateway writes. */
const ranks = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, silent: Number.POSITIVE_INFINITY };

/**
 * A log of JSON lines with `level`, `time` and `msg`, for a function that logs little else than its failures.
 *
 * @param write takes a whole line, with its end
 */
export function lineLog(least: keyof typeof ranks, write: (line: string) => void): Log {
  const at = (level: 'info' | 'warn' | 'error') => (fields: object, sentence: string) => {
    if (ranks[level] >= ranks[least]) {
      write(`${JSON.stringify({ level: ranks[level], time: Date.now(), ...fields, msg: sentence })}\n`);
    }
  };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}
