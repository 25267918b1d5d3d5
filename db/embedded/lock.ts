import { execFile } from 'node:child_process';
import { readFileSync, unlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hasCode } from './failure.ts';

/** A lock file that stays empty this long belongs to nobody: a server fills it within microseconds. */
const EMPTY_LOCK_MS = 2_000;

/** What `postmaster.pid` says about the server that holds a data directory. */
export interface Lock {
  readonly pid: number;
  readonly port: number;
  /** `starting`, `ready` or `stopping`; empty until the server has written it. */
  readonly status: string;
  /** The whole file, to recognise it later. */
  readonly text: string;
}

/** Checks `condition` every few milliseconds until it holds; false when it did not within `limitMs`. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  for (let wait = 2; ; wait = Math.min(wait * 2, 50)) {
    if (await condition()) {
      return true;
    }
    if (Date.now() >= deadline) {
      return false;
    }
    await pause(wait);
  }
}

/** Whether a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/** Reads the lock file; undefined when there is none, pid 0 when its content is not (yet) a lock. */
export function readLock(data: string): Lock | undefined {
  let text: string;
  try {
    text = readFileSync(join(data, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) {
      return undefined;
    }
    throw error;
  }
  const lines = text.split('\n');
  return { pid: numberIn(lines[0]), port: numberIn(lines[3]), status: (lines[7] ?? '').trim(), text };
}

/** Without its sign: a single-user backend writes its pid negative. */
function numberIn(line: string | undefined): number {
  const number = Number.parseInt(line ?? '', 10);
  return Number.isNaN(number) ? 0 : Math.abs(number);
}

/**
 * The lock of the Postgres process that runs on this data directory now, or undefined when none does.
 * A lock that would keep Postgres from starting although its holder is gone (its pid went to another program,
 * the holder is a zombie, or the file is empty) is removed. The lock of a dead pid is left for Postgres to replace.
 */
export async function liveLock(data: string, log: (line: string) => void): Promise<Lock | undefined> {
  const lock = readLock(data);
  if (lock === undefined) {
    return undefined;
  }
  if (lock.pid === 0) {
    if (await until(() => readLock(data)?.text !== lock.text, EMPTY_LOCK_MS)) {
      return liveLock(data, log);
    }
  } else if (!isAlive(lock.pid)) {
    return undefined;
  } else if (await runsOn(lock.pid, data)) {
    return lock;
  }
  // Read and unlink without a turn of the event loop between: a lock written since then must survive.
  if (readLock(data)?.text === lock.text) {
    unlinkSync(join(data, 'postmaster.pid'));
    log(
      lock.pid === 0
        ? `Removed an empty lock from ${data}.`
        : `Removed a stale lock of process ${lock.pid} from ${data}.`,
    );
    return undefined;
  }
  return liveLock(data, log);
}

/** Whether this process is a Postgres server on this data directory, by its command line. A zombie has none. */
export async function runsOn(pid: number, data: string): Promise<boolean> {
  const words = await commandLine(pid);
  return words.includes('postgres') && words.includes(data);
}

async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  }
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-p', String(pid), '-o', 'command=']).catch(
    () => ({ stdout: '' }),
  );
  return stdout;
}
