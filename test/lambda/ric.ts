import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './cache.ts';

const manifests = join(import.meta.dirname, 'process');
const MANIFESTS = ['package.json', 'package-lock.json'] as const;

/** Where the package aws-lambda-ric lies, or a sentence that says why it cannot be had. */
export type Ric = { readonly directory: string } | { readonly reason: string };

/**
 * Lambda's runtime interface client for Node.js, fetched from the registry once (131 packages, 19 MB, 7 s) into the
 * user's cache folder. Its native half is not built: `process/native-client.cjs` stands in for it.
 */
export async function ensureRic(): Promise<Ric> {
  const digest = createHash('sha256');
  for (const name of MANIFESTS) {
    digest.update(readFileSync(join(manifests, name)));
  }
  try {
    const installed = await cached(`lambda-ric-${digest.digest('hex').slice(0, 12)}`, install);
    return { directory: join(installed, 'node_modules/aws-lambda-ric') };
  } catch (error) {
    const [line] = String(error instanceof Error ? error.message : error).split('\n');
    return { reason: `Lambda's runtime interface client could not be installed: ${line}` };
  }
}

async function install(directory: string): Promise<void> {
  for (const name of MANIFESTS) {
    await copyFile(join(manifests, name), join(directory, name));
  }
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: directory });
}

/**
 * The same, for whoever cannot do without it.
 *
 * @throws Error that says why it cannot be had
 */
export async function requireRic(): Promise<string> {
  const ric = await ensureRic();
  if ('reason' in ric) {
    throw new Error(ric.reason);
  }
  return ric.directory;
}
