import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFunctions } from '../../build.ts';

let bundled: Promise<string> | undefined;

/**
 * Bundles the functions as they are deployed, once a process, in a folder that nobody else writes to and that is removed
 * when the process ends.
 *
 * @returns the folder; that of a function is `<noun>/<verb>` in it
 */
export function bundleFunctions(): Promise<string> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `kite-functions-${process.pid}-`));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await buildFunctions(folder);
  return folder;
}
