import {
  type Environment,
  type FunctionSettings,
  type Surroundings,
  startEnvironment,
} from './environment.ts';

/** A function with as many processes as there are calls at once, within its reserved concurrency. */
export interface LambdaFunction {
  /** The answer to an event, both as JSON. @throws FunctionError */
  invoke(payload: string): Promise<string>;
  /** The processes that wait for their next call, frozen; the one that was used last comes last. */
  readonly idle: readonly Environment[];
  /** Ends all processes that are idle; to be called when no call is under way. */
  stop(): Promise<void>;
}

/**
 * Starts nothing yet: a process is started when no other one is free, and replaced when it is dead.
 *
 * @param most processes at once; a call beyond them waits, where Lambda would refuse it
 */
export function lambdaFunction(
  settings: FunctionSettings,
  surroundings: Surroundings,
  most = 2,
): LambdaFunction {
  const idle: Environment[] = [];
  const waiting: (() => void)[] = [];
  let busy = 0;
  return {
    idle,
    async invoke(payload) {
      while (busy >= most) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      busy += 1;
      try {
        const environment = takeAlive(idle) ?? (await startEnvironment(settings, surroundings));
        try {
          return await environment.invoke(payload);
        } finally {
          if (environment.isAlive) {
            idle.push(environment);
          }
        }
      } finally {
        busy -= 1;
        waiting.shift()?.();
      }
    },
    async stop() {
      await Promise.all(idle.splice(0).map((environment) => environment.stop()));
    },
  };
}

function takeAlive(idle: Environment[]): Environment | undefined {
  let taken = idle.pop();
  while (taken !== undefined && !taken.isAlive) {
    taken = idle.pop();
  }
  return taken;
}
