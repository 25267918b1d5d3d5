import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildFunctions } from '../../build.ts';
import { awsEnvironment } from './instance.ts';

const ROOT = join(import.meta.dirname, '../..');
/** In the scratch directory. */
const ASSEMBLY = 'cdk.out';
const ACCOUNT = '000000000000';
const REGION = 'us-east-1';

export interface DeployOptions {
  /** LocalStack's address. */
  readonly endpoint: string;
  /** The name of the stack's configuration: `infra/config/<config>.json`. */
  readonly config: string;
  /** An empty directory for what is made on the way. */
  readonly scratch: string;
  /** Takes a line for each step. */
  readonly tell: (line: string) => void;
}

/**
 * Deploys Kite's stack, unchanged, as the CDK deploys it on AWS.
 *
 * @returns the stack's output Url
 * @throws Error with what the CDK said
 */
export async function deploy({ endpoint, config, scratch, tell }: DeployOptions): Promise<string> {
  const env = {
    ...awsEnvironment(endpoint),
    // It would take the place of the one that the configuration names.
    DATABASE_URL: undefined,
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CDK_DEFAULT_ACCOUNT: ACCOUNT,
    CDK_DEFAULT_REGION: REGION,
  };
  const outputs = join(scratch, 'outputs.json');
  const stack = `kite-${config}`;
  tell(`Building the functions and synthesising ${stack}; cdk bootstrap meanwhile …`);
  await Promise.all([
    synthesise(config, scratch, env),
    // In a directory without cdk.json, or it would synthesise too.
    run('cdklocal', ['bootstrap', `aws://${ACCOUNT}/${REGION}`, '--no-notices'], { env, cwd: scratch }),
  ]);
  tell(`Deploying ${stack} …`);
  const options = ['--require-approval', 'never', '--no-notices', '--progress', 'events'];
  await run(
    'cdklocal',
    ['deploy', stack, '-a', join(scratch, ASSEMBLY), ...options, '--outputs-file', outputs],
    { env },
  );
  return read(outputs, stack);
}

/** As cdk.json does it, with bundles in a place of their own: somebody else may be building dist/ at the same time. */
async function synthesise(config: string, scratch: string, env: NodeJS.ProcessEnv): Promise<void> {
  const bundles = join(scratch, 'functions');
  await buildFunctions(bundles);
  const context = ['-c', `config=${config}`, '-c', `bundles=${bundles}`];
  const app = ['--app', 'node --import tsx infra/app.ts', '-o', join(scratch, ASSEMBLY)];
  await run('cdk', ['synth', '--quiet', '--no-notices', ...app, ...context], { env });
}

function read(file: string, stack: string): string {
  const all = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string> | undefined>;
  const url = all[stack]?.Url;
  if (url === undefined) {
    throw new Error(`The stack ${stack} was deployed, and does not say its Url.`);
  }
  return url;
}

function run(
  command: string,
  args: readonly string[],
  { env, cwd = ROOT }: { readonly env: NodeJS.ProcessEnv; readonly cwd?: string },
): Promise<void> {
  const child = spawn(join(ROOT, 'node_modules/.bin', command), args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-8_000);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) {
        resolve();
      } else {
        reject(new Error(`${command} ${args[0]} ended with ${signal ?? `code ${code}`}:\n${said.trim()}`));
      }
    });
  });
}
