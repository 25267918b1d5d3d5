import { closeSync, fstatSync, openSync, readSync, statfsSync } from 'node:fs';

const TAIL_BYTES = 4096;
const TAIL_LINES = 15;
/** A server that dies with less space than this left died of it, even when its log had no room to say so. */
const FULL_BYTES = 1024 * 1024;

/** Whether an error is a system error or a Postgres error with this code. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
  );
}

const systemSentences: Readonly<Record<string, (directory: string) => string>> = {
  ENOSPC: (directory) =>
    `The disk that holds ${directory} is full. Free some space, then start Kite again: no data was lost.`,
  EDQUOT: (directory) =>
    `The disk quota for ${directory} is used up. Free some space, then start Kite again: no data was lost.`,
  EACCES: (directory) =>
    `Kite may not read and write ${directory}. Give this user the right to, or choose another directory.`,
  EPERM: (directory) =>
    `Kite may not read and write ${directory}. Give this user the right to, or choose another directory.`,
  EROFS: (directory) => `${directory} is on a read-only file system. Choose another directory.`,
  EEXIST: (directory) => `${directory} is not a directory. Choose another directory.`,
  ENOTDIR: (directory) => `${directory} is not a directory. Choose another directory.`,
};

/** A system error as a sentence that says what to do; the original stays as `cause`. Anything else comes back as it is. */
export function explain(error: unknown, directory: string): Error {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    const sentence = systemSentences[error.code];
    if (sentence !== undefined) {
      return new Error(sentence(directory), { cause: error });
    }
  }
  return error instanceof Error ? error : new Error(`The embedded database failed: ${String(error)}`);
}

/** What a Postgres program said before it gave up, as a sentence that says what to do; undefined when it says nothing known. */
export function sentenceFor(output: string, directory: string): string | undefined {
  if (/No space left on device|Disk quota exceeded/.test(output) || isFull(directory)) {
    return systemSentences.ENOSPC?.(directory);
  }
  if (/error while loading shared libraries|Library not loaded/.test(output)) {
    return 'The Postgres binaries are not linked: their install script did not run. Run `npm rebuild` and start Kite again.';
  }
  if (/database files are incompatible with server/.test(output)) {
    return `The data in ${directory} was written by another version of Postgres than the one that comes with this Kite. Start the Kite that wrote it, or choose another directory.`;
  }
  if (/has wrong ownership|Permission denied|Read-only file system/.test(output)) {
    return `The Postgres server may not use ${directory}. Start Kite as the user that created it, or choose another directory.`;
  }
  return undefined;
}

function isFull(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize < FULL_BYTES;
  } catch {
    return false;
  }
}

/** A sentence followed by the last lines a program wrote, with the password blotted out. */
export function withTail(sentence: string, output: string, password: string): Error {
  const lines = output.replaceAll(password, '********').trimEnd().split('\n').slice(-TAIL_LINES);
  const tail = lines.join('\n  ').trim();
  return new Error(tail === '' ? sentence : `${sentence}\nThe log ends with:\n  ${tail}`);
}

/** The end of a file from byte `from` on, at most 4 KiB; empty when it cannot be read. */
export function readTail(file: string, from: number): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const end = fstatSync(descriptor).size;
    const start = Math.max(Math.min(from, end), end - TAIL_BYTES);
    const bytes = Buffer.alloc(end - start);
    const read = readSync(descriptor, bytes, 0, bytes.length, start);
    return bytes.toString('utf8', 0, read);
  } catch {
    return '';
  } finally {
    if (descriptor !== undefined) {
      closeSync(descriptor);
    }
  }
}
