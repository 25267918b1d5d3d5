import { open } from 'node:fs/promises';
import { UsageError } from '../failure.ts';
import type { Io } from '../io.ts';

/** Bytes of a file that is read at once. */
const mostBytes = 64 * 1024 * 1024;

/** @param path `-` is standard input */
export async function readText(io: Io, path: string): Promise<string> {
  try {
    if (path === '-') return await io.readInput();
    const file = await open(path, 'r');
    try {
      if ((await file.stat()).size > mostBytes) {
        throw new UsageError(`${path} is longer than ${mostBytes / 1024 / 1024} MiB; cut it into several`);
      }
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${nameOf(path)} cannot be read: ${reasonOf(error)}`);
  }
}

const nameOf = (path: string): string => (path === '-' ? 'standard input' : path);

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'that is not allowed';
  if (code === 'EISDIR') return 'it is a folder';
  return error instanceof Error ? error.message : String(error);
}

/**
 * The reports of a text: a JSON list of them, an object with such a list as `reports`, one report, or one in each line (NDJSON).
 * What is wrong with a single report is for the server to say.
 *
 * @param path for whoever has to mend it
 */
export function reportsIn(text: string, path: string): readonly unknown[] {
  const name = nameOf(path);
  const plain = text.replace(/^\ufeff/, '');
  if (plain.trim() === '') throw new UsageError(`${name} is empty: there is no report in it`);
  const whole = readJson(plain);
  const reports = whole.value === undefined ? linesOf(plain, name, whole.problem) : listIn(whole.value);
  if (reports.length === 0) throw new UsageError(`${name} holds no report`);
  return reports;
}

function listIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value === 'object' && value !== null && 'reports' in value && Array.isArray(value.reports)) {
    return value.reports;
  }
  return [value];
}

function linesOf(text: string, name: string, problem: string): readonly unknown[] {
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const written = lines.filter(({ line }) => line !== '');
  const isOneDocument = written.length < 2 || readJson(written[0]?.line ?? '').value === undefined;
  if (isOneDocument)
    throw new UsageError(`${name} is neither JSON nor a JSON value in each line: ${problem}`);
  return written.map(({ line, number }) => {
    const read = readJson(line);
    if (read.value !== undefined) return read.value;
    throw new UsageError(`line ${number} of ${name} is no JSON: ${read.problem}. Nothing was sent`);
  });
}

/** No JSON text stands for undefined. */
function readJson(text: string): { readonly value?: unknown; readonly problem: string } {
  try {
    return { value: JSON.parse(text), problem: '' };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
