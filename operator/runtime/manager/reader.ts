import { ClusterFailure, hasStatus } from '../cluster/failure.ts';
import { listAll } from '../cluster/list.ts';
import type { Cluster } from '../cluster.ts';
import type { Controller, KubeObject, Reader } from '../controller.ts';
import { nameOf, pathOf, toObject } from '../objects.ts';
import { joined } from './joined.ts';
import { type Problems, placeOf } from './problems.ts';

/**
 * Reads for one controller. What may not be read, or is not installed, is nothing; it is named among the problems until
 * it can be read again.
 */
export function readerFor(
  { name: controller, trimRead = (object) => object }: Pick<Controller, 'name' | 'trimRead'>,
  cluster: Cluster,
  problems: Problems,
  signal: AbortSignal,
): Reader {
  const named = async <T>(name: string, otherwise: T, work: () => Promise<T>): Promise<T> => {
    try {
      const found = await work();
      problems.note(name, undefined);
      return found;
    } catch (error) {
      if (error instanceof ClusterFailure && hasStatus(error, 401, 403, 404)) {
        problems.note(name, error);
        if (error.status !== 401) {
          return otherwise;
        }
      }
      throw error;
    }
  };
  return {
    get: (kind, namespace, name) =>
      named<KubeObject | null>(
        `${controller}: get ${nameOf(kind)} in ${placeOf(namespace)}`,
        null,
        async () => {
          try {
            const value = await cluster.request({ path: pathOf(kind, namespace, name), signal });
            return toObject(value, kind) ?? null;
          } catch (error) {
            if (error instanceof ClusterFailure && error.status === 404 && error.reason === 'NotFound') {
              return null;
            }
            throw error;
          }
        },
      ),
    list: joined((kind, namespace, labelSelector) =>
      named<readonly KubeObject[]>(
        `${controller}: list ${nameOf(kind)} in ${placeOf(namespace)}`,
        [],
        async () => {
          const found: KubeObject[] = [];
          const take = (item: unknown): void => {
            const object = toObject(item, kind);
            if (object !== undefined) {
              found.push(trimRead(object));
            }
          };
          await listAll(cluster, { kind, namespace, labelSelector, signal, take });
          return found;
        },
      ),
    ),
  };
}
