import { getSystemErrorMap } from 'node:util';
import type { Surroundings } from '../../core/contract/client/retrying.ts';
import { exitCodes, Failure } from './failure.ts';

/** The process as commands see it. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The person's own folder. */
  readonly home: string;
  /** Whether what is printed goes to a person's terminal. */
  readonly isTerminal: boolean;
  /** Whether a person can be asked. */
  canAsk(): boolean;
  /** Of the terminal now; null where there is none, and nothing is cut. */
  size(): { readonly columns: number; readonly rows: number } | null;
  readonly hasColour: boolean;
  readonly surroundings: Surroundings;
  /**
   * To standard output; waits until a slow reader has taken it. Nothing happens when nobody reads any more.
   *
   * @throws Failure where it cannot be written, as on a full disk
   */
  print(text: string): Promise<void>;
  /** Whether whoever read standard output has gone, as `head` does: who only prints may stop. */
  isGone(): boolean;
  /** A line that a person types, and that is not shown. Rejects when there is no terminal. */
  askSecret(question: string): Promise<string>;
  /** A line to standard error. */
  note(line: string): void;
  /** Everything that comes on standard input, up to so many bytes. */
  readInput(most?: number): Promise<string>;
}

const inputLimit = 64 * 1024 * 1024;

/** Columns where a terminal does not say. */
const usualColumns = 80;
const usualRows = 24;

function wantsColour(env: NodeJS.ProcessEnv, flag: boolean | undefined): boolean {
  if (flag !== undefined) return flag;
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  const forced = env.FORCE_COLOR ?? env.CLICOLOR_FORCE;
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return process.stdout.isTTY === true && env.TERM !== 'dumb';
}

/** Enter, and the end of what is typed. */
const ends: readonly string[] = ['\r', '\n', '\u0004'];

/** What is typed until Enter, without showing it. */
function typedUnseen(question: string): Promise<string> {
  const { stdin, stderr } = process;
  return new Promise((resolve, reject) => {
    if (stdin.isTTY !== true) {
      reject(new Error('There is no terminal to ask at.'));
      return;
    }
    let typed = '';
    const done = (): void => {
      stdin.off('data', take).setRawMode(false).pause();
      stderr.write('\n');
    };
    function take(text: string): void {
      if (text.includes('\u0003')) {
        done();
        process.exit(130);
      }
      for (const character of text) {
        if (ends.includes(character)) {
          done();
          resolve(typed);
          return;
        }
        typed = character === '\u007f' ? typed.slice(0, -1) : typed + character;
      }
    }
    stdin.setEncoding('utf8').setRawMode(true).on('data', take).resume();
    // Only now: whoever sees the question may type at once, and nothing of it is shown any more.
    stderr.write(question);
  });
}

/** Null where only the reader has gone. */
function unwritten(error: NodeJS.ErrnoException): Failure | null {
  if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return null;
  const [, reason = error.message] = getSystemErrorMap().get(error.errno ?? 0) ?? [];
  return new Failure(`cannot write the output: ${reason}`, exitCodes.failed, { cause: error });
}

/** @param colour what the command line says of it */
export function processIo(home: string, colour: boolean | undefined): Io {
  // Each of the three streams takes milliseconds to be made: the other two are made when they are used.
  const { stdout, env } = process;
  let isGone = false;
  let hasStderr = false;
  let failure: Failure | null = null;
  const end = (error: NodeJS.ErrnoException): void => {
    failure ??= unwritten(error);
    isGone = true;
  };
  stdout.on('error', end);
  return {
    env,
    home,
    isTerminal: stdout.isTTY === true,
    canAsk: () => process.stdin.isTTY === true && process.stderr.isTTY === true,
    size: () =>
      stdout.isTTY === true
        ? { columns: stdout.columns || usualColumns, rows: stdout.rows || usualRows }
        : null,
    hasColour: wantsColour(env, colour),
    surroundings: {
      now: Date.now,
      random: Math.random,
      newId: () => crypto.randomUUID(),
      sleep: async (milliseconds, signal) => {
        const { setTimeout: pause } = await import('node:timers/promises');
        await pause(milliseconds, undefined, { ...(signal && { signal }) });
      },
    },
    print: (text) =>
      new Promise((resolve, reject) => {
        const settle = (error?: Error | null): void => {
          if (error) end(error);
          if (failure === null) resolve();
          else reject(failure);
        };
        if (isGone) settle();
        else stdout.write(text, settle);
      }),
    isGone: () => isGone,
    askSecret: (question) => typedUnseen(question),
    note: (line) => {
      // What cannot be said does not change how the command ends: its exit code is told all the same.
      if (!hasStderr) process.stderr.on('error', () => undefined);
      hasStderr = true;
      process.stderr.write(`${line}\n`);
    },
    async readInput(most = inputLimit) {
      const parts: Buffer[] = [];
      let size = 0;
      for await (const part of process.stdin) {
        const bytes = Buffer.from(part as Uint8Array);
        size += bytes.length;
        if (size > most) throw new Error(`Standard input is longer than ${most} bytes.`);
        parts.push(bytes);
      }
      return Buffer.concat(parts).toString('utf8');
    },
  };
}
