import { randomUUID } from 'node:crypto';
import { connect } from '../../../db/client.ts';
import { horizonOf } from '../../../db/history/quarters.ts';
import { applyReports } from '../../../db/reports/apply.ts';
import type { Message } from './messages.ts';
import { failed, type Outcome, type Sender } from './sender.ts';

const timeout = 60_000;
const historyDays = 180;

/** Sends the statements that the handlers send, over connections of the product's own kind: what is left without HTTP. */
export function statementSender(url: string, connections: number): Sender {
  const database = connect(url, { connections, timeout });
  return {
    async send(message) {
      const now = Date.now();
      try {
        const applied = await applyReports(database.sql, message.translate(), {
          now,
          horizon: horizonOf(now, historyDays),
          newId: randomUUID,
          patience: timeout,
          whole: message.isSingle,
          together: message.isSingle,
        });
        return judge(message, applied);
      } catch (error) {
        return failed(error);
      }
    },
    cutOff: async () => {
      throw new Error('Only requests over HTTP are cut off.');
    },
    close: () => database.close(),
  };
}

function judge({ size }: Message, applied: Awaited<ReturnType<typeof applyReports>>): Outcome {
  if (size === 0) {
    return { name: 'nothing', complaint: 'a request without reports has no limit' };
  }
  const bad = applied.find(({ status }) => status === 'duplicate' || status === 'stale');
  return bad === undefined
    ? { name: 'applied', complaint: null }
    : { name: bad.status, complaint: `a report was told ${bad.status}` };
}
