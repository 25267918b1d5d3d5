import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Call, FunctionError, type RuntimeApi, startRuntimeApi } from './runtime-api.ts';

/** A function as it is deployed. */
export interface FunctionSettings {
  readonly name: string;
  /** The folder of its code: what is in its archive. */
  readonly directory: string;
  /** `file.export`. */
  readonly handler: string;
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds that one invocation may take. */
  readonly timeout: number;
  /** MB. */
  readonly memory: number;
}

/** One process of a function. It takes one call at a time, and is frozen between calls, as Lambda does it. */
export interface Environment {
  readonly pid: number;
  readonly isAlive: boolean;
  /** The function's answer. Whoever takes too long, or dies, is dead afterwards. @throws FunctionError */
  invoke(payload: string): Promise<string>;
  /** Ends the process at once, frozen or not. */
  stop(): Promise<void>;
}

export interface Surroundings {
  /** The folder of the package aws-lambda-ric. */
  readonly ric: string;
  /** Takes each line that the process writes. */
  readonly onLine: (line: string) => void;
}

const region = 'us-east-1';
/** Milliseconds: so long Lambda lets a function initialise. */
const patience = 10_000;
const starter = join(import.meta.dirname, 'process');
const running = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of running) {
    child.kill('SIGKILL');
  }
});

/**
 * Starts a process under the real runtime interface client, with the variables that Lambda gives it and nothing of ours.
 *
 * @throws FunctionError when the function cannot start
 */
export async function startEnvironment(
  settings: FunctionSettings,
  surroundings: Surroundings,
): Promise<Environment> {
  let child: ChildProcess | undefined;
  const api = await startRuntimeApi(() => child?.kill('SIGSTOP'));
  child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${Math.floor(settings.memory * 0.9)}`,
      '--require',
      join(starter, 'native-client.cjs'),
      join(starter, 'bootstrap.mjs'),
      settings.handler,
    ],
    {
      cwd: settings.directory,
      env: variables(settings, surroundings.ric, api.address),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = follow(child, surroundings.onLine);
  const environment = new Running(settings, child, api, ended);
  try {
    await within(patience, Promise.race([api.started, ended.then(() => Promise.reject(exited(child)))]));
  } catch (error) {
    await environment.stop();
    throw error;
  }
  return environment;
}

function variables(
  { name, directory, handler, env, memory }: FunctionSettings,
  ric: string,
  address: string,
): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    AWS_SESSION_TOKEN: 'session',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memory),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]0',
    ...env,
    AWS_LAMBDA_RUNTIME_API: address,
    LAMBDA_TASK_ROOT: directory,
    LAMBDA_RUNTIME_DIR: ric,
    _HANDLER: handler,
    // The client's native half, which takes minutes to build, is replaced by native-client.cjs.
    AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1: 'true',
  };
}

/** Resolves when the process has ended and all that it wrote was told. */
function follow(child: ChildProcess, onLine: (line: string) => void): Promise<void> {
  running.add(child);
  for (const output of [child.stdout, child.stderr]) {
    if (output !== null) {
      createInterface(output).on('line', onLine);
    }
  }
  return new Promise((resolve) => {
    child.once('close', () => {
      running.delete(child);
      resolve();
    });
  });
}

class Running implements Environment {
  readonly #settings: FunctionSettings;
  readonly #child: ChildProcess;
  readonly #api: RuntimeApi;
  readonly #ended: Promise<void>;

  constructor(settings: FunctionSettings, child: ChildProcess, api: RuntimeApi, ended: Promise<void>) {
    this.#settings = settings;
    this.#child = child;
    this.#api = api;
    this.#ended = ended;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async invoke(payload: string): Promise<string> {
    const { name, timeout } = this.#settings;
    const call: Call = {
      requestId: randomUUID(),
      payload,
      functionArn: `arn:aws:lambda:${region}:000000000000:function:${name}`,
      deadline: Date.now() + timeout,
    };
    this.#child.kill('SIGCONT');
    const answer = this.#api.call(call);
    answer.catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new FunctionError(
        'Sandbox.Timedout',
        `RequestId: ${call.requestId} Error: Task timed out after ${(timeout / 1000).toFixed(2)} seconds`,
      );
      timer = setTimeout(() => reject(error), timeout);
    });
    const gone = this.#ended.then(() => Promise.reject(exited(this.#child, call.requestId)));
    try {
      return await Promise.race([answer, gone, late]);
    } catch (error) {
      if (error instanceof FunctionError && /^(Sandbox|Runtime\.Exit)/.test(error.errorType)) {
        await this.stop();
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
    this.#api.close();
  }
}

function exited(child: ChildProcess, requestId?: string): FunctionError {
  const how = child.signalCode === null ? `exit status ${child.exitCode}` : `signal: ${child.signalCode}`;
  const whose = requestId === undefined ? '' : `RequestId: ${requestId} Error: `;
  return new FunctionError('Runtime.ExitError', `${whose}Runtime exited with error: ${how}`);
}

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new FunctionError(
      'Sandbox.Timedout',
      `Initialisation took longer than ${milliseconds / 1000} seconds`,
    );
    timer = setTimeout(() => reject(error), milliseconds);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
