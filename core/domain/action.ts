import { orderKeyTimes } from './order.ts';
import { type Identity, type Report, type State, userSource } from './report.ts';

/**
 * A person's resolve or reopen, as a report that sorts directly after the newest one known: so it settles
 * what was known, and a run that was under way then still counts when it ends.
 *
 * @param newest the order key of the newest report of either outcome, read under the row's lock
 */
export function actionReport(action: {
  readonly identity: Identity;
  readonly state: State;
  readonly newest: Buffer;
  readonly now: number;
  readonly eventId: string;
  readonly actor: string | null;
}): Report {
  const newest = orderKeyTimes(action.newest);
  return {
    identity: action.identity,
    outcome: action.state === 'ACTIVE' ? 'failing' : 'passing',
    subjectCreatedAt: newest.orderTime,
    observedAt: Math.max(action.now, newest.observedAt + 1),
    source: userSource,
    eventId: action.eventId,
    anonymous: false,
    run: null,
    labels: {},
    failure: null,
    actor: action.actor,
  };
}
