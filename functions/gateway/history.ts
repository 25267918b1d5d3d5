import type { Logger } from 'pino';
import type { Database } from '../../db/client.ts';
import { keepHistory as keepOnce } from '../../db/history/keep.ts';
import { sentenceOf } from '../sentence.ts';

const hour = 60 * 60 * 1000;

/**
 * Drops old history now and every hour, and makes room for what is to come; a failure is logged and tried again then.
 *
 * @param told whether it was done, each time
 * @returns ends it, when what is under way is done
 */
export async function keepHistory(
  { sql }: Pick<Database, 'sql'>,
  days: number,
  log: Logger,
  told: (isDone: boolean) => void,
): Promise<() => Promise<void>> {
  const keep = async (): Promise<void> => {
    try {
      const dropped = await keepOnce(sql, Date.now(), days);
      if (dropped.length > 0) {
        log.info({ dropped }, 'old history was dropped');
      }
      told(true);
    } catch (error) {
      log.error(
        { reason: sentenceOf(error) },
        'history could not be kept in order; the next try is in an hour',
      );
      told(false);
    }
  };
  let kept = keep();
  const timer = setInterval(() => {
    kept = kept.then(keep);
  }, hour);
  timer.unref();
  await kept;
  return async () => {
    clearInterval(timer);
    await kept;
  };
}
