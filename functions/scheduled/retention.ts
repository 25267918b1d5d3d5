import { keepHistory } from '../../db/history/keep.ts';
import { periodic } from './periodic.ts';

/** Makes room for the history that is to come, and drops what is over: as the owner of the tables. */
export const handler = periodic('retention', async ({ sql, config }) => ({
  dropped: await keepHistory(sql, Date.now(), config.historyDays),
}));
