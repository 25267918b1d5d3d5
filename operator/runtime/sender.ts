import { Courier } from './sender/courier.ts';
import type { Sender, SenderOptions } from './sender/types.ts';

export type { Flushed, Sender, SenderOptions, SenderState } from './sender/types.ts';

/** Sends what is in the journal, as long as it runs. It never throws: what is wrong stands in `state`. */
export function startSender(options: SenderOptions): Sender {
  return new Courier(options);
}
