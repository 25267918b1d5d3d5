import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deploy } from './deploy.ts';
import { makeKey, smoke } from './steps.ts';
import { localUrl, migrate } from './system.ts';

const FILE = join(import.meta.dirname, 'compose.yaml');
const ENDPOINT = 'http://127.0.0.1:4566';
/** The Postgres of compose.yaml, seen from here. */
const DATABASE_URL = 'postgres://kite:kite@127.0.0.1:54330/kite';
const CONFIG = 'local';

/**
 * Starts what compose.yaml holds and deploys the stack of infra/config/local.json to it: without RDS, which LocalStack has
 * for subscribers only. It stays when this process ends.
 */
export async function runOnDocker(tell: (line: string) => void): Promise<void> {
  tell('Starting LocalStack and Postgres in containers …');
  if (!(await compose('up', '--detach', '--wait'))) {
    throw new Error(`docker compose -f ${FILE} up failed.`);
  }
  const scratch = await mkdtemp(join(tmpdir(), 'kite-localstack-docker-'));
  try {
    const output = await deploy({ endpoint: ENDPOINT, config: CONFIG, scratch, tell });
    tell('Bringing the database to its form …');
    await migrate(ENDPOINT, `kite-${CONFIG}`);
    const url = localUrl(ENDPOINT, output);
    const key = await makeKey(DATABASE_URL);
    tell('Posting, reading, resolving and deleting …');
    await smoke(url, key);
    process.stdout.write(
      `\nKite answers at ${url}; this is a key:\n${key}\n\nnpm run localstack -- down ends it.\n`,
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Ends the containers; false where there is no Docker, or none of them runs. */
export async function stopDocker(): Promise<boolean> {
  return compose('down', '--volumes');
}

/** Whether it worked; what Docker says goes to standard error. */
function compose(...args: readonly string[]): Promise<boolean> {
  const child = spawn('docker', ['compose', '-f', FILE, ...args], { stdio: ['ignore', 2, 2] });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
