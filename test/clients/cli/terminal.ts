import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Program } from './kite.ts';

const script = join(import.meta.dirname, 'run_in_terminal.py');
const probe = spawnSync('python3', ['-c', 'import pty, fcntl, os; os.waitstatus_to_exitcode'], {
  stdio: 'ignore',
});
/** Whether this machine can give a program a terminal; python3 3.9 or newer does it. */
export const hasTerminal = probe.status === 0;
if (!hasTerminal)
  console.warn('No python3 with pty here: what the command line does on a terminal is NOT TESTED.');

export interface Terminal {
  /** Everything that was printed until now. */
  printed(): string;
  type(text: string): void;
  /** Resolves when what was printed satisfies; rejects when the program has ended before. */
  until(isEnough: (printed: string) => boolean): Promise<string>;
  ended: Promise<{ readonly code: number | null; readonly printed: string }>;
}

/** Runs the program in a terminal of so many columns and rows. */
export function openTerminal(
  program: Program,
  args: readonly string[],
  options: {
    readonly columns?: number;
    readonly rows?: number;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Terminal {
  const { columns = 80, rows = 24, env = {} } = options;
  const variables = Object.entries(program.env({ TERM: 'xterm-256color', ...env }));
  const child: ChildProcess = spawn(
    'python3',
    [
      ...[script, String(columns), String(rows)],
      // Python keeps the environment of the tests, and the program gets its own and nothing else.
      ...['/usr/bin/env', '-i', ...variables.map(([name, value]) => `${name}=${value}`)],
      ...[process.execPath, program.path(), ...args],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let printed = '';
  const waiting = new Set<() => void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    for (const look of waiting) look();
  });
  const ended = new Promise<{ code: number | null; printed: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, printed });
      for (const look of waiting) look();
    });
  });
  return {
    ended,
    printed: () => printed,
    type: (text) => {
      child.stdin?.write(text);
    },
    until: (isEnough) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (isEnough(printed)) resolve(printed);
          else if (child.exitCode === null) return;
          else reject(new Error(`It ended with ${child.exitCode} and printed ${JSON.stringify(printed)}`));
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
  };
}

/** What a person sees of what was printed: without colours, links and line ends of a terminal. */
export function seen(printed: string): string {
  return (
    printed
      .replaceAll('\r\n', '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
      .replaceAll(/\u001b\[[0-9;?]*[a-zA-Z]|\u001b\]8;;[^\u001b]*\u001b\\/g, '')
  );
}
