import type { Access } from '../../core/contract/operation.ts';
import { KiteError } from '../../core/errors.ts';
import type { Runtime } from './runtime.ts';

/** What a request says about who asks for what. */
export interface Asking {
  readonly access: Access;
  readonly query: { readonly namespace?: string | undefined };
}

/**
 * Judges whether a request may touch a namespace: the one that is really read or written, known after
 * parsing or under the row's lock. Today it refuses what is in another namespace than the query names.
 *
 * @throws KiteError `namespace_mismatch`
 */
export function checkAccess(runtime: Runtime, asking: Asking, namespace: string): void {
  const asked = asking.query.namespace;
  if (runtime.config.namespaceCheck && asked !== undefined && asked !== namespace) {
    throw new KiteError('namespace_mismatch', {
      message: `The query’s namespace is not the one that is ${asking.access === 'read' ? 'read' : 'written'}; ask for one and the same.`,
    });
  }
}

/**
 * A list must say whose issues it wants.
 *
 * @throws KiteError `invalid_request`
 */
export function requireNamespace(runtime: Runtime, asking: Asking): void {
  if (runtime.config.namespaceCheck && asking.query.namespace === undefined) {
    throw new KiteError('invalid_request', {
      message: 'Say whose issues you want: add ?namespace=NAME.',
      problems: [{ path: 'query.namespace', message: 'is missing; it is a string' }],
    });
  }
}
