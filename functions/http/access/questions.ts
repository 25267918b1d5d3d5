import { KiteError } from '../../../core/errors.ts';
import type { Caller, Place, Right } from '../../access/control.ts';
import { logDenied } from '../denied.ts';
import type { Request } from '../request.ts';
import type { Runtime } from '../runtime.ts';

/** What a request says about who asks for what. */
export type Sent = Pick<
  Request<never>,
  'operation' | 'requestId' | 'source' | 'caller' | 'access' | 'received'
>;

/** The same of one that may name the namespace that it means. */
export interface Asking extends Sent {
  readonly query?: { readonly namespace?: string | undefined } | undefined;
}

/** Questions that are asked at the same time for one request. */
const atOnce = 16;

/**
 * Whether a caller has a right in a place. A cluster that it cannot reach is refused here too, whatever the control
 * says: what one tenant calls `team-a` is another's in the next cluster.
 */
export function ask(
  { access }: Runtime,
  caller: Caller,
  right: Right,
  place: Place,
  how: { readonly anew?: boolean } = {},
): Promise<boolean> {
  return reaches(caller, place.cluster) ? access.may(caller, right, place, how) : Promise.resolve(false);
}

/** Whether a caller may name a cluster; null stands for all of them. */
export function reaches({ clusters }: Caller, cluster: string | null): boolean {
  return clusters === null || (cluster !== null && clusters.includes(cluster));
}

/** A place as the key of a map. */
export const nameOf = ({ cluster, namespace }: Place): string => JSON.stringify([cluster, namespace]);

/**
 * Asks about each distinct place once, some at a time, and tells of any of them. Of many namespaces of a cluster it is
 * asked first whether the right is for all of them: so an operator's batch costs one question.
 */
export async function askAll(
  runtime: Runtime,
  caller: Caller,
  right: Right,
  places: Iterable<Place>,
): Promise<(place: Place) => boolean> {
  if (!runtime.access.isOn) {
    return () => true;
  }
  const distinct = new Map([...places].map((place) => [nameOf(place), place]));
  const whole = await wholeClusters(runtime, caller, right, [...distinct.values()]);
  const open = [...distinct].filter(([, { cluster }]) => !whole.has(cluster));
  const allowed = new Set<string>();
  const work = async (): Promise<void> => {
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [name, place] = next;
      if (await ask(runtime, caller, right, place)) {
        allowed.add(name);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, open.length) }, work));
  return (place) => whole.has(place.cluster) || allowed.has(nameOf(place));
}

/** The clusters in all of whose namespaces the caller has the right, of those where that is worth a question. */
async function wholeClusters(
  runtime: Runtime,
  caller: Caller,
  right: Right,
  places: readonly Place[],
): Promise<ReadonlySet<string | null>> {
  const counts = new Map<string | null, number>();
  for (const { cluster } of places) {
    counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
  }
  const whole = new Set<string | null>();
  for (const [cluster, count] of counts) {
    if (count > atOnce && (await ask(runtime, caller, right, { cluster, namespace: null }))) {
      whole.add(cluster);
    }
  }
  return whole;
}

export function rightOf({ access, operation }: Sent): Right {
  if (access === 'public') {
    throw new Error(`${operation} is public and has nothing to ask`);
  }
  return access;
}

const describe = ({ cluster, namespace }: Place): string =>
  `${namespace === null ? 'all namespaces' : `namespace ${namespace}`} of ${
    cluster === null ? 'all clusters' : `cluster ${cluster}`
  }`;

/** One line in the log, and the answer that names what is missing. */
export function forbidden(runtime: Runtime, request: Sent, right: Right, place: Place): KiteError {
  deny(runtime, request, right, place);
  return new KiteError('forbidden', { message: `You have no right to ${right} in ${describe(place)}.` });
}

export function deny(runtime: Runtime, request: Sent, right: Right, place: Place): void {
  const { operation, requestId, source, caller } = request;
  const reason = `no right to ${right}`;
  logDenied(runtime, { operation, requestId, source, principal: caller.principal, right, place, reason });
}
