import { fork } from 'node:child_process';
import { join } from 'node:path';
import { type LoadPlan, type LoadResult, loadResult } from '../load/plan.ts';
import type { Closers } from './closers.ts';

const program = join(import.meta.dirname, '../load/load-main.ts');

/** Carries out a plan in a process of its own. */
export async function load(closers: Closers, plan: LoadPlan): Promise<LoadResult> {
  const child = fork(program, [], {
    execArgv: ['--import', 'tsx'],
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = closers.add(
    async () => {
      child.kill('SIGKILL');
      await ended;
    },
    () => child.kill('SIGKILL'),
  );
  try {
    return await new Promise<LoadResult>((resolve, reject) => {
      let complaint = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        complaint = (complaint + text).slice(-2000);
      });
      child.once('message', (message) => {
        const result = loadResult.safeParse(message);
        if (result.success) {
          resolve(result.data);
        } else {
          reject(new Error(`The load generator answered in another form: ${result.error.message}`));
        }
      });
      child.once('error', reject);
      child.once('close', (code) => reject(new Error(`The load generator ended with ${code}: ${complaint}`)));
      child.send(plan);
    });
  } finally {
    await stop();
  }
}
