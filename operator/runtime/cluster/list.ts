import type { Cluster } from '../cluster.ts';
import type { ResourceKind } from '../controller.ts';
import { pathOf } from '../objects.ts';
import { ClusterFailure, isRecord } from './failure.ts';
import { PageReader } from './pages.ts';

const PAGE = 500;
/** Milliseconds between two pieces of a page. */
const SILENCE = 30_000;

export interface Listing {
  readonly kind: ResourceKind;
  /** Empty for all namespaces. */
  readonly namespace: string;
  readonly labelSelector?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Given each item as it comes. Nothing more is read until a promise that it returns has resolved. */
  readonly take: (item: unknown) => void | Promise<void>;
}

/**
 * Lists in pages of 500, all of one moment.
 *
 * @returns the resourceVersion to watch from
 * @throws ClusterFailure; with status 410 when it took so long that the moment is forgotten (five minutes): list again
 */
export async function listAll(cluster: Cluster, listing: Listing): Promise<string> {
  const { kind, namespace, labelSelector = '', signal, take } = listing;
  let position = '';
  for (;;) {
    const reader = new PageReader();
    const query = {
      limit: String(PAGE),
      ...(labelSelector !== '' && { labelSelector }),
      ...(position !== '' && { continue: position }),
    };
    const path = pathOf(kind, namespace);
    for await (const chunk of cluster.stream({ path, query, signal, silence: () => SILENCE })) {
      for (const item of reader.read(chunk)) {
        const taken = take(item);
        if (taken !== undefined) {
          await taken;
        }
      }
    }
    const { resourceVersion, next } = ends(reader);
    if (next === '') {
      return resourceVersion;
    }
    position = next;
  }
}

function ends(reader: PageReader): { readonly resourceVersion: string; readonly next: string } {
  let envelope: unknown;
  try {
    envelope = reader.envelope();
  } catch (error) {
    throw new ClusterFailure('the list was cut off', { cause: error });
  }
  const metadata = isRecord(envelope) && isRecord(envelope.metadata) ? envelope.metadata : {};
  if (typeof metadata.resourceVersion !== 'string') {
    throw new ClusterFailure('the list has no resourceVersion');
  }
  return {
    resourceVersion: metadata.resourceVersion,
    next: typeof metadata.continue === 'string' ? metadata.continue : '',
  };
}
