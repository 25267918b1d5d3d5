import type { ResourceKind } from './controller.ts';

/** Where to look. Names win over the selector; without either it is the whole cluster. */
export interface NamespaceSelection {
  /** Each is watched by itself, so rights in these namespaces are enough. */
  readonly names?: readonly string[] | undefined;
  /** A label selector of namespaces: needs to watch namespaces, and the whole cluster. */
  readonly selector?: string | undefined;
  /** Left out, whichever way they were chosen. */
  readonly excluded?: readonly string[] | undefined;
}

export const NAMESPACES: ResourceKind = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace' };

/** What to watch for a selection, with as few rights as will do. */
export interface Places {
  /** One watch for each; empty for the whole cluster. */
  readonly watched: readonly string[];
  /** Whether namespaces must be watched to know which are wanted. */
  readonly selector: string | undefined;
  isExcluded(namespace: string): boolean;
}

export function placesOf({ names = [], selector, excluded = [] }: NamespaceSelection): Places {
  const out = new Set(excluded);
  const isExcluded = (namespace: string): boolean => out.has(namespace);
  if (names.length > 0) {
    const watched = [...new Set(names)].filter((name) => !isExcluded(name));
    return { watched, selector: undefined, isExcluded };
  }
  return { watched: [''], selector: selector === '' ? undefined : selector, isExcluded };
}
