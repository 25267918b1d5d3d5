import type { KubeObject, ResourceKind } from '../controller.ts';
import { nameOf } from '../objects.ts';

/** Lists all objects that match a selector. */
export type Lister = (
  kind: ResourceKind,
  namespace: string,
  labelSelector: string,
) => Promise<readonly KubeObject[]>;

/** Characters of all values of one request, so that its address stays below the 8 KiB that proxies take. */
const MOST_CHARACTERS = 4_000;
/** Only what the API server takes for a value: one that it refused would fail the lists of all that it was joined with. */
const EQUALITY = /^([A-Za-z0-9][A-Za-z0-9_./-]*)==?([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)$/;

interface Wish {
  readonly value: string;
  readonly resolve: (found: readonly KubeObject[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Queue {
  wishes: Wish[];
  isActive: boolean;
}

/**
 * Joins lists by the same label that are asked for at the same time into one, `label in (a,b,…)`. The API server has no
 * index of labels: it looks through all objects of the namespace for each list, so ten thousand lists of one run each
 * would cost the square of what they find. While a list is under way the next one gathers.
 */
export function joined(list: Lister): Lister {
  const queues = new Map<string, Queue>();

  const pump = async (queue: Queue, kind: ResourceKind, namespace: string, label: string): Promise<void> => {
    queue.isActive = true;
    // Those that ask in this turn of the event loop are in the first list together.
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.wishes.length > 0) {
      const batch = cut(queue.wishes);
      try {
        const found = await list(kind, namespace, selector(label, batch));
        const byValue = group(found, label);
        for (const { value, resolve } of batch) {
          resolve(byValue.get(value) ?? []);
        }
      } catch (error) {
        for (const { reject } of batch) {
          reject(error);
        }
      }
    }
    queue.isActive = false;
  };

  return (kind, namespace, labelSelector) => {
    const [, label, value] = EQUALITY.exec(labelSelector) ?? [];
    if (label === undefined || value === undefined) {
      return list(kind, namespace, labelSelector);
    }
    return new Promise((resolve, reject) => {
      const name = `${nameOf(kind)}/${kind.version}/${namespace}/${label}`;
      const queue = queues.get(name) ?? { wishes: [], isActive: false };
      queues.set(name, queue);
      queue.wishes.push({ value, resolve, reject });
      if (!queue.isActive) {
        void pump(queue, kind, namespace, label);
      }
    });
  };
}

/** Takes the first wishes out, as many as one request may have. */
function cut(wishes: Wish[]): readonly Wish[] {
  let characters = 0;
  let count = 0;
  for (const { value } of wishes) {
    characters += value.length + 1;
    if (count > 0 && characters > MOST_CHARACTERS) {
      break;
    }
    count += 1;
  }
  return wishes.splice(0, count);
}

function selector(label: string, batch: readonly Wish[]): string {
  const values = [...new Set(batch.map(({ value }) => value))];
  return values.length === 1 ? `${label}=${values[0]}` : `${label} in (${values.join(',')})`;
}

function group(objects: readonly KubeObject[], label: string): Map<string, KubeObject[]> {
  const groups = new Map<string, KubeObject[]>();
  for (const object of objects) {
    const value = object.metadata.labels[label] ?? '';
    const others = groups.get(value);
    if (others === undefined) {
      groups.set(value, [object]);
    } else {
      others.push(object);
    }
  }
  return groups;
}
