import * as z from 'zod/mini';
import { hasStatus } from '../cluster/failure.ts';
import type { Cluster } from '../cluster.ts';
import type { ResourceKind } from '../controller.ts';
import { pathOf } from '../objects.ts';

const LEASES: ResourceKind = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease' };

const text = z.nullish(z.string());
const lease = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  spec: z.nullish(
    z.looseObject({
      holderIdentity: text,
      leaseDurationSeconds: z.nullish(z.number()),
      acquireTime: text,
      renewTime: text,
      leaseTransitions: z.nullish(z.number()),
    }),
  ),
});

/** A Lease as it stands in the cluster. */
export type Lease = z.infer<typeof lease>;

/** What a candidate writes. */
export interface Claim {
  /** Empty to give it up. */
  readonly holder: string;
  /** Seconds for which others respect it. */
  readonly seconds: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The Lease of one election. Each call has a time-out of its own. */
export class LeaseRecord {
  readonly #cluster: Cluster;
  readonly #namespace: string;
  readonly #name: string;
  readonly #timeout: number;

  /** @param timeout milliseconds for each call */
  constructor(
    cluster: Cluster,
    place: { readonly namespace: string; readonly name: string },
    timeout: number,
  ) {
    this.#cluster = cluster;
    this.#namespace = place.namespace;
    this.#name = place.name;
    this.#timeout = timeout;
  }

  /** @returns null when there is none */
  async read(): Promise<Lease | null> {
    const path = pathOf(LEASES, this.#namespace, this.#name);
    try {
      return lease.parse(await this.#cluster.request({ path, timeout: this.#timeout }));
    } catch (error) {
      if (hasStatus(error, 404)) {
        return null;
      }
      throw error;
    }
  }

  /**
   * Writes a claim over what was read, and only over that.
   * @param before null when there was none
   * @throws ClusterFailure with status 409 when somebody else was faster
   */
  async write(before: Lease | null, claim: Claim): Promise<Lease> {
    const spec = { ...before?.spec, ...specOf(before, claim) };
    const body =
      before === null
        ? {
            apiVersion: 'coordination.k8s.io/v1',
            kind: 'Lease',
            metadata: { name: this.#name, namespace: this.#namespace },
            spec,
          }
        : { ...before, spec };
    return lease.parse(
      await this.#cluster.request({
        method: before === null ? 'POST' : 'PUT',
        path: pathOf(LEASES, this.#namespace, before === null ? undefined : this.#name),
        body,
        timeout: this.#timeout,
      }),
    );
  }
}

function specOf(before: Lease | null, { holder, seconds, now }: Claim): object {
  const time = microTime(now);
  const isTaken = holder !== '' && before?.spec?.holderIdentity !== holder;
  const transitions = before?.spec?.leaseTransitions ?? 0;
  return {
    holderIdentity: holder,
    leaseDurationSeconds: seconds,
    renewTime: time,
    ...(isTaken && { acquireTime: time, leaseTransitions: before === null ? 0 : transitions + 1 }),
  };
}

/** The form of the Lease's times has six digits; with three the API server answers 400. */
function microTime(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z');
}
