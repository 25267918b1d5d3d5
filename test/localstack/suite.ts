import { describe, inject } from 'vitest';
import type { Failure, SystemAddress } from './broker.ts';
import { prepare } from './system.ts';

const ready = await prepare((line) => process.stderr.write(`localstack: ${line}\n`));

/** A suite that needs LocalStack. Where it cannot be had the suite is skipped by its name, and says why. */
export function describeWithLocalStack(name: string, suite: () => void): void {
  if ('reason' in ready) {
    process.stderr.write(`SKIPPED: ${name}. ${ready.reason}\n`);
    describe.skip(`${name} (skipped: ${ready.reason})`, suite);
  } else {
    describe(name, suite);
  }
}

/** The Python of the environment with LocalStack in it; undefined where there is none. */
export const python = 'reason' in ready ? undefined : ready.python;

/** The system of this run: the first to ask waits for about two minutes. */
export function sharedSystem(): Promise<SystemAddress> {
  return ask('/');
}

/** Ends the Postgres behind the proxy, and starts it again as it was. */
export const database = {
  leave: () => ask('/leave'),
  comeBack: () => ask('/come-back'),
};

async function ask(path: string): Promise<SystemAddress> {
  const answer = await fetch(`${inject('localstackBroker')}${path}`, { method: 'POST' });
  const said = (await answer.json()) as SystemAddress | Failure;
  if ('failure' in said) {
    throw new Error(said.failure);
  }
  return said;
}
