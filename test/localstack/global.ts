import type { TestProject } from 'vitest/node';
import { startBroker } from './broker.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers with the address of the system of this run, which starts when somebody asks. */
    readonly localstackBroker: string;
  }
}

/** One system for the whole run, in this process; none if no test needs it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const broker = await startBroker((line) => process.stderr.write(`localstack: ${line}\n`));
  project.provide('localstackBroker', broker.url);
  return () => broker.stop();
}
