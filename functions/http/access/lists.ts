import { KiteError } from '../../../core/errors.ts';
import type { Caller } from '../../access/control.ts';
import type { Runtime } from '../runtime.ts';
import { type Asking, askAll, forbidden, reaches, type Sent } from './questions.ts';

/** What a list may show, as the database filters by it: one, any of several, or all where absent. */
export interface Visible {
  readonly cluster?: readonly string[];
  readonly namespace?: readonly string[];
}

/**
 * Says what a list shows: the namespaces that it names, all of them, or everything where the caller may see everything.
 *
 * @throws KiteError `invalid_request` for a list that names no namespace and may not go without, `forbidden`, `unavailable`
 */
export async function permitList(
  runtime: Runtime,
  request: Asking & {
    readonly query: { readonly namespace?: string | undefined; readonly cluster?: string | undefined };
  },
): Promise<Visible> {
  const { caller, query } = request;
  const namespaces = namesIn(query.namespace);
  if (!runtime.access.isOn) {
    if (runtime.config.namespaceCheck && namespaces === null) {
      throw namespaceMissing();
    }
    return visible(query.cluster === undefined ? null : [query.cluster], namespaces);
  }
  const clusters = clustersOf(runtime, caller, query.cluster);
  const places = (clusters ?? [null]).flatMap((cluster) =>
    (namespaces ?? [null]).map((namespace) => ({ cluster, namespace })),
  );
  const foreign = places.find(({ cluster }) => !reaches(caller, cluster));
  if (foreign !== undefined) {
    throw forbidden(runtime, request, 'read', foreign);
  }
  const isAllowed = await askAll(runtime, caller, 'read', places);
  if (namespaces === null) {
    const seen = places.filter(isAllowed);
    if (seen.length === 0) {
      throw namespaceMissing();
    }
    return visible(
      clusters?.filter((cluster) => seen.some((place) => place.cluster === cluster)) ?? null,
      null,
    );
  }
  const refused = places.find((place) => !isAllowed(place));
  if (refused !== undefined) {
    throw forbidden(runtime, request, 'read', refused);
  }
  return visible(clusters, namespaces);
}

function visible(clusters: readonly string[] | null, namespaces: readonly string[] | null): Visible {
  return {
    ...(clusters === null ? {} : { cluster: clusters }),
    ...(namespaces === null ? {} : { namespace: namespaces }),
  };
}

/**
 * Says of which clusters the caller is an admin, among those that it may name; null: of all of them.
 *
 * @param named those that are meant; null stands for all of them. What the caller reaches when absent
 * @throws KiteError `forbidden` when of none, or of `named` not of each; `unavailable`
 */
export async function permitAdmin(
  runtime: Runtime,
  request: Sent,
  named?: readonly string[] | null,
): Promise<readonly string[] | null> {
  const { caller } = request;
  const clusters = named === undefined ? clustersOf(runtime, caller, undefined) : named;
  const places = (clusters ?? [null]).map((cluster) => ({ cluster, namespace: null }));
  const isAllowed = await askAll(runtime, caller, 'admin', places);
  const refused = places.find((place) => !isAllowed(place));
  const isNone = !places.some(isAllowed);
  if (refused !== undefined && (isNone || named !== undefined)) {
    throw forbidden(runtime, request, 'admin', refused);
  }
  return clusters?.filter((cluster) => isAllowed({ cluster, namespace: null })) ?? null;
}

/**
 * The clusters that a request is about: the one that it names, else the caller's; null: all of them. Never none: who
 * reaches no cluster is refused in this server's own, and not shown an empty list.
 */
function clustersOf(
  { config }: Runtime,
  caller: Caller,
  named: string | undefined,
): readonly string[] | null {
  if (named !== undefined) {
    return [named];
  }
  const reached = caller.cluster === null ? caller.clusters : [caller.cluster];
  return reached?.length === 0 ? [config.cluster] : reached;
}

/** Names separated by commas, each once; null when there is none. */
function namesIn(text: string | undefined): readonly string[] | null {
  const names = new Set((text ?? '').split(',').filter((name) => name.trim() !== ''));
  return names.size === 0 ? null : [...names];
}

function namespaceMissing(): KiteError {
  return new KiteError('invalid_request', {
    message: 'Say whose issues you want: add ?namespace=NAME.',
    problems: [{ path: 'query.namespace', message: 'is missing; it is a string' }],
  });
}
