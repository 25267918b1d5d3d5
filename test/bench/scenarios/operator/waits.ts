import { setTimeout as pause } from 'node:timers/promises';
import type { BenchOperator } from './process.ts';
import type { Road } from './road.ts';

/** So long nothing is taken any more before the rest counts as lost, in milliseconds. */
const patience = 60_000;

/** Waits until so many runs were said and taken. @returns how many never were */
export async function allTaken(road: Road, count: number, signal: AbortSignal): Promise<number> {
  let [most, since] = [0, performance.now()];
  while (road.taken.size < count && performance.now() - since < patience) {
    if (road.taken.size > most) {
      [most, since] = [road.taken.size, performance.now()];
    }
    await pause(20, undefined, { signal });
  }
  return count - road.taken.size;
}

/** Waits until it has looked at so many objects, is ready and has nothing to send. */
export async function looked(operator: BenchOperator, count: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + patience;
  const isDone = async (): Promise<boolean> =>
    (await operator.metric('observations_total')) >= count &&
    (await operator.metric('journal_pending_reports')) === 0;
  while (!(await isDone())) {
    if (performance.now() > end) {
      throw new Error(`The operator has not looked at ${count} objects within ${patience / 1_000} s.`);
    }
    await pause(50, undefined, { signal });
  }
  await ready(operator, signal);
}

/** Waits until it is ready. */
export async function ready(operator: BenchOperator, signal: AbortSignal): Promise<void> {
  const end = performance.now() + patience;
  for (let problem = await operator.problem(); problem !== ''; problem = await operator.problem()) {
    if (performance.now() > end) {
      throw new Error(`The operator is not ready: ${problem}`);
    }
    await pause(20, undefined, { signal });
  }
}
