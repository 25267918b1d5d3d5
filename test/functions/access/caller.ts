import { KiteError } from '../../../core/errors.ts';
import { createAccess } from '../../../functions/access/compose.ts';
import { readAccess } from '../../../functions/access/config.ts';
import type { AccessControl, Caller, Credentials } from '../../../functions/access/control.ts';
import type { KeyStore } from '../../../functions/access/keys.ts';
import type { ReadSecret } from '../../../functions/access/kube.ts';

/** What a request brings along that has one header Authorization. */
export function bearing(token: string | null, more: Partial<Credentials> = {}): Credentials {
  return {
    authorization: token === null ? null : `Bearer ${token}`,
    impersonation: new Map(),
    sourceAddress: '192.0.2.1',
    ...more,
  };
}

/** Where there are no keys. */
const noKeys: KeyStore = { find: () => Promise.resolve(undefined), touch: () => Promise.resolve() };

/** Access control as a configuration says. */
export function accessOf(
  text: object,
  options: {
    readonly variables?: Readonly<Record<string, string>>;
    readonly keys?: KeyStore;
    readonly clock?: () => number;
    readonly elapsed?: () => number;
    readonly cooldown?: number;
    readonly readSecret?: ReadSecret;
  } = {},
): AccessControl {
  return createAccess(readAccess(JSON.stringify(text), options.variables ?? {}), {
    keys: options.keys ?? noKeys,
    clock: options.clock ?? Date.now,
    elapsed: options.elapsed ?? (() => performance.now()),
    cooldown: options.cooldown ?? 0,
    readSecret: options.readSecret,
    onTrouble: (error) => {
      throw error;
    },
  });
}

/** Who it is, or the code of the refusal, with its private reason. */
export async function identify(
  access: AccessControl,
  credentials: Credentials,
): Promise<Caller | { readonly code: string; readonly reason: string }> {
  try {
    return await access.authenticate(credentials);
  } catch (error) {
    if (!(error instanceof KiteError)) {
      throw error;
    }
    const { cause } = error;
    return {
      code: error.code,
      reason: cause instanceof Error ? cause.message : String(cause ?? error.message),
    };
  }
}
