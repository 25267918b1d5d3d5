import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { buildCli } from '../../../build.ts';

/** How a run of the program ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  /** Beside PATH and HOME; nothing of the environment of the tests gets in. */
  readonly env?: Readonly<Record<string, string>>;
  /** What comes on standard input; it is empty when absent. */
  readonly input?: string;
  /** The name it is called by; `kite` when absent. */
  readonly name?: string;
}

/** The bundled program with a home of its own, as a person has it. */
export interface Program {
  /** The person's folder. */
  readonly home: string;
  /** The path that runs it under a name. */
  path(name?: string): string;
  env(more?: Readonly<Record<string, string>>): Record<string, string>;
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** Started and left to run; it is killed with the test file. */
  start(args: readonly string[], options?: RunOptions): ChildProcess;
}

const names = ['kite', 'kubectl-kite', 'konflux-issues', 'kubectl-issues'];

/** Builds the program once for the test file that calls this at its top. */
export function useProgram(): Program {
  let folder = '';
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `kite-cli-${process.pid}-`));
    await buildCli(join(folder, 'dist'));
    for (const name of names) await symlink(join(folder, 'dist', 'kite.js'), join(folder, name));
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });
  const env = (more: Readonly<Record<string, string>> = {}) => ({
    PATH: process.env.PATH ?? '',
    HOME: join(folder, 'home'),
    ...more,
  });
  const path = (name = 'kite') => join(folder, name);
  const start: Program['start'] = (args, options = {}) => {
    const child = spawn(process.execPath, [path(options.name), ...args], { env: env(options.env) });
    children.push(child);
    child.stdin.on('error', () => undefined).end(options.input ?? '');
    return child;
  };
  return {
    get home() {
      return join(folder, 'home');
    },
    path,
    env,
    start,
    run: (args, options) => ended(start(args, options)),
  };
}

/** What a process printed, once it has ended. */
export function ended(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
