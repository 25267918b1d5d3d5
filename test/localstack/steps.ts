import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** A key that may do everything, made at the database as an operator makes the first one. */
export async function makeKey(databaseUrl: string): Promise<string> {
  const args = ['--name', 'localstack', '--may', 'admin', '--may', 'read', '--may', 'report', '--may', 'act'];
  const said = await program(
    ['functions/gateway/ops-main.ts', 'keys', 'create', ...args, '--namespace', '*', '--cluster', '*'],
    { DATABASE_URL: databaseUrl },
  );
  return said.trim();
}

/** @throws Error with what the smoke test said */
export async function smoke(url: string, key: string): Promise<void> {
  process.stderr.write(await program(['test/smoke/main.ts', '--url', url], { KITE_TOKEN: key }));
}

/** Runs one of Kite's programs, and gives what it wrote to standard output. */
function program(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) {
        resolve(output);
      } else {
        reject(new Error(`${args[0]} ended with ${signal ?? `code ${code}`}:\n${output}${complaint}`.trim()));
      }
    });
  });
}
