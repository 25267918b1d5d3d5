/**
 * Deploys Kite's production stack to LocalStack on this machine, and keeps it until Ctrl-C.
 *
 *   npm run localstack                 without Docker: LocalStack as a process, the stack of infra/config/prod.json
 *   npm run localstack -- --docker     with Docker: compose.yaml, the stack of infra/config/local.json
 *   npm run localstack -- down         ends either
 *   npm run localstack -- --port N     LocalStack's port; 4566 if it is free, else any
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { parseArgs } from 'node:util';
import { runOnDocker, stopDocker } from './docker.ts';
import { endRunning, findRunning, forgetRunning, noteRunning } from './running.ts';
import { makeKey, smoke } from './steps.ts';
import { prepare, startSystem } from './system.ts';

const USUAL_PORT = 4566;

const started = Date.now();

/** A step, with the seconds until it began. */
function tell(line: string): void {
  process.stderr.write(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
}

async function up(port: number | undefined): Promise<void> {
  const running = await findRunning();
  if (running !== undefined) {
    throw new Error(`It runs already, at ${running.url}; npm run localstack -- down ends it.`);
  }
  const ready = await prepare(tell);
  if ('reason' in ready) {
    throw new Error(ready.reason);
  }
  // Until all is there, an interrupted start just ends: what it has started ends with this process.
  const giveUp = (): never => process.exit(130);
  process.once('SIGINT', giveUp).once('SIGTERM', giveUp);
  const system = await startSystem(ready, { tell, port: port ?? (await usualPort()) });
  process.off('SIGINT', giveUp).off('SIGTERM', giveUp);
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  try {
    await noteRunning({ pid: process.pid, url: system.url, endpoint: system.endpoint });
    tell('Making an API key at the database …');
    const key = await makeKey(system.databaseUrl);
    tell('Posting, reading, resolving and deleting …');
    await smoke(system.url, key);
    process.stdout.write(`${whatNext(system, key)}\n`);
    await interrupted;
    tell('Ending …');
  } finally {
    await forgetRunning();
    await system.stop();
  }
}

/** 4566, as all tools expect it, or undefined where somebody has it. */
async function usualPort(): Promise<number | undefined> {
  const server = createServer().listen(USUAL_PORT, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  server.close();
  await once(server, 'close');
  return USUAL_PORT;
}

function whatNext(
  { endpoint, url, stack, logFile }: Awaited<ReturnType<typeof startSystem>>,
  key: string,
): string {
  return `
Kite's production stack answers at ${url}
LocalStack is at ${endpoint}; its log is ${logFile}.

  export KITE_TOKEN=${key}
  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  curl -s -H "Authorization: Bearer $KITE_TOKEN" '${url}/api/v1/issues?namespace=checkout'
  npm run ops -- invoke issues.list --stack ${stack} --query namespace=checkout
  npm run ops -- tail issues.list --stack ${stack}

Ctrl-C ends it, and so does npm run localstack -- down. Nothing of it is kept.`;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { docker: { type: 'boolean' }, port: { type: 'string' } },
  });
  const [verb, ...more] = positionals;
  const port = values.port === undefined ? undefined : Number(values.port);
  if (more.length > 0 || (verb !== undefined && verb !== 'down') || (port !== undefined && !(port > 0))) {
    throw new Error('usage: npm run localstack [-- [down] [--docker] [--port N]]');
  }
  if (verb === 'down') {
    const ended = (await endRunning()) || (await stopDocker());
    tell(ended ? 'It is down.' : 'Nothing was running.');
  } else if (values.docker === true) {
    await runOnDocker(tell);
  } else {
    await up(port);
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
