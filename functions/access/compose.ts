import { Authenticator } from './authenticate.ts';
import { Authorizer } from './authorize.ts';
import type { AccessConfig } from './config.ts';
import type { AccessControl, Caller } from './control.ts';
import type { Identity } from './identity.ts';
import { ApiKeys, type KeyStore } from './keys.ts';
import { Kube, type ReadSecret } from './kube.ts';
import { Guesses, Shares } from './limits.ts';
import { OidcIssuer } from './oidc.ts';

/** Names of principals, of addresses and of keys that are counted at the same time. */
const mostCounted = 10_000;

const noSecrets: ReadSecret = (arn) => Promise.reject(new Error(`nobody can read the secret ${arn} here`));

/** Access control as the configuration says, with caches of its own. */
export function createAccess(
  config: AccessConfig,
  options: {
    readonly keys: KeyStore;
    /** Milliseconds since 1970. */
    readonly clock: () => number;
    /** Milliseconds that only grow, whatever is done to the clock: by them answers grow old, and limits fill. */
    readonly elapsed: () => number;
    /** For clusters that are asked with a token from a secret; absent where there is none. */
    readonly readSecret?: ReadSecret | undefined;
    /** Told of what fails beside the requests. */
    readonly onTrouble: (error: unknown) => void;
    /** Milliseconds between two looks for the new key of an issuer. */
    readonly cooldown?: number;
  },
): AccessControl {
  const { clock, elapsed } = options;
  const { timeout } = config;
  const clusters = new Map(
    config.clusters.map((cluster) => [
      cluster.name,
      { kube: new Kube(cluster, timeout, elapsed, options.readSecret ?? noSecrets), config: cluster },
    ]),
  );
  const authorizer = new Authorizer(
    config,
    new Map([...clusters].map(([name, { kube }]) => [name, kube])),
    elapsed,
  );
  const authenticator = new Authenticator(
    config,
    {
      clusters,
      issuers: new Map(
        config.issuers.map((issuer) => [
          issuer.issuer,
          new OidcIssuer(issuer, config.rules, {
            timeout,
            clock,
            ...(options.cooldown !== undefined && { cooldown: options.cooldown }),
          }),
        ]),
      ),
      keys: config.keys
        ? new ApiKeys(options.keys, {
            entries: config.cache.entries,
            clock,
            elapsed,
            onTouchFailed: options.onTrouble,
          })
        : null,
      authorizer,
      guesses: new Guesses(config.guesses, mostCounted, elapsed),
    },
    { clock, elapsed },
  );
  const shares = new Shares(config.share, mostCounted, elapsed);
  const identities = new WeakMap<Caller, Identity>();
  return {
    isOn: true,
    authenticate: async (credentials) => {
      const { caller, identity } = await authenticator.authenticate(credentials);
      identities.set(caller, identity);
      return caller;
    },
    may: async (caller, right, place, { anew = false } = {}) => {
      const identity = identities.get(caller);
      if (identity === undefined) {
        throw new Error('This caller was not let in here.');
      }
      return authorizer.may(identity, right, place, anew);
    },
    admit: (caller) => shares.take(caller.principal),
  };
}
