import { keyPrefix, parseKey } from '../../core/access/key.ts';
import { KiteError } from '../../core/errors.ts';
import { Answers, type Found } from './answers.ts';
import type { Authorizer } from './authorize.ts';
import { knownUser, reviewToken } from './cluster-tokens.ts';
import type { AccessConfig, ClusterConfig } from './config.ts';
import type { Credentials } from './control.ts';
import { digest, type Known, type Verdict } from './identity.ts';
import { readImpersonation } from './impersonation.ts';
import type { ApiKeys } from './keys.ts';
import type { Kube } from './kube.ts';
import type { Guesses } from './limits.ts';
import type { OidcIssuer } from './oidc.ts';
import { unauthenticated } from './refusal.ts';

/** Characters of a token: no cluster and no CI sends more, and every one of them is hashed. */
const mostCharacters = 16_384;
/** Milliseconds for which a credential that was right is not counted as a guess. */
const trustAge = 3_600_000;

/** What a token is asked by. */
export interface Authorities {
  readonly clusters: ReadonlyMap<string, { readonly kube: Kube; readonly config: ClusterConfig }>;
  /** By the claim `iss`. */
  readonly issuers: ReadonlyMap<string, OidcIssuer>;
  /** Null: no keys are taken. */
  readonly keys: ApiKeys | null;
  readonly authorizer: Authorizer;
  readonly guesses: Guesses;
}

/** Who checks one token. */
interface Check {
  /** The id of an API key. */
  readonly key: string | null;
  /** Milliseconds for which a yes is believed at the most. */
  readonly keep: number;
  run(): Promise<Verdict>;
}

/**
 * The chain: cluster tokens, tokens of issuers, API keys. What a token is decides who is asked about it, and that
 * answer is the last one.
 */
export class Authenticator {
  readonly #config: Pick<AccessConfig, 'cache' | 'defaultCluster'>;
  readonly #clock: () => number;
  readonly #authorities: Authorities;
  readonly #clusterOfIssuer: ReadonlyMap<string, string>;
  readonly #verdicts: Answers<Verdict>;
  /** Credentials that were right not long ago: one tenant's wrong ones do not shut out who comes the same way. */
  readonly #trusted: Answers<true>;

  /** @param time `clock` counts milliseconds since 1970, `elapsed` some that only grow */
  constructor(
    config: Pick<AccessConfig, 'cache' | 'defaultCluster'>,
    authorities: Authorities,
    time: { readonly clock: () => number; readonly elapsed: () => number },
  ) {
    this.#config = config;
    this.#clock = time.clock;
    this.#authorities = authorities;
    this.#clusterOfIssuer = new Map(
      [...authorities.clusters].flatMap(
        ([
          name,
          {
            config: { issuers },
          },
        ]) => issuers.map((issuer) => [issuer, name] as const),
      ),
    );
    this.#verdicts = new Answers(config.cache.entries, time.elapsed);
    this.#trusted = new Answers(config.cache.entries, time.elapsed);
  }

  /** @throws KiteError as `AccessControl.authenticate` says */
  async authenticate({ authorization, impersonation, sourceAddress }: Credentials): Promise<Known> {
    const token = readBearer(authorization);
    const verdict = await this.#verdict(token, sourceAddress);
    if ('refused' in verdict) {
      throw unauthenticated(verdict.refused);
    }
    return impersonation.size === 0 ? verdict.known : this.#impersonate(verdict.known, impersonation);
  }

  #verdict(token: string, address: string): Promise<Verdict> | Verdict {
    const name = digest(token);
    return this.#verdicts.ask(name, async () => {
      const check = this.#choose(token, address);
      const settle = this.#trusted.has(name)
        ? () => undefined
        : this.#authorities.guesses.begin(address, check.key);
      let verdict: Verdict;
      try {
        verdict = await check.run();
      } catch (error) {
        settle(false);
        throw error;
      }
      settle('refused' in verdict);
      if ('refused' in verdict) {
        this.#trusted.forget(name);
        return { value: verdict, keep: Math.min(this.#config.cache.denied, check.keep) };
      }
      this.#trusted.keep(name, { value: true, keep: trustAge });
      return this.#found(verdict, check.keep);
    });
  }

  #found(verdict: Extract<Verdict, { known: Known }>, keep: number): Found<Verdict> {
    const left = verdict.ends === null ? keep : verdict.ends - this.#clock();
    return { value: verdict, keep: Math.min(keep, left, this.#config.cache.allowed) };
  }

  /** Only the issuer that a token names sees it. */
  #choose(token: string, address: string): Check {
    const { clusters, issuers, keys } = this.#authorities;
    const keep = this.#config.cache.allowed;
    if (token.startsWith(keyPrefix)) {
      return {
        key: parseKey(token)?.id ?? null,
        // Keys are believed for a while where they are read; twice would be twice as long.
        keep: 0,
        run: () => keys?.verify(token) ?? refuse('API keys are switched off'),
      };
    }
    const claims = readClaims(token);
    const issuer = claims === undefined || claims.iss === null ? undefined : issuers.get(claims.iss);
    if (issuer !== undefined) {
      return { key: null, keep, run: () => issuer.verify(token) };
    }
    const name =
      claims === undefined || claims.iss === null
        ? this.#config.defaultCluster
        : this.#clusterOfIssuer.get(claims.iss);
    const cluster = name === undefined ? undefined : clusters.get(name);
    return {
      key: null,
      keep,
      run: () =>
        cluster === undefined
          ? refuse('nobody here knows the issuer of the token')
          : reviewToken(cluster.kube, cluster.config, token, address, claims?.ends ?? null),
    };
  }

  async #impersonate({ caller, identity }: Known, headers: Credentials['impersonation']): Promise<Known> {
    const asked = readImpersonation(headers);
    if (asked === undefined) {
      return { caller, identity };
    }
    if (identity.kind !== 'user') {
      throw new KiteError('forbidden', {
        message: 'Only a user of a cluster may impersonate; leave the headers Impersonate-* out.',
      });
    }
    const { authorizer } = this.#authorities;
    const answers = await Promise.allSettled(asked.deeds.map((deed) => authorizer.mayDo(identity, deed)));
    asked.deeds.forEach((deed, index) => {
      const answer = answers[index];
      if (answer?.status === 'fulfilled' && !answer.value) {
        throw new KiteError('forbidden', {
          message: `${caller.actor} may not impersonate ${deed.resource} ${JSON.stringify(deed.name)} in cluster ${identity.cluster}.`,
        });
      }
    });
    for (const answer of answers) {
      if (answer.status === 'rejected') {
        throw answer.reason;
      }
    }
    return knownUser(identity.cluster, asked.user, identity.user.username);
  }
}

function refuse(reason: string): Promise<Verdict> {
  return Promise.resolve({ refused: reason });
}

/** @throws KiteError `unauthenticated` */
function readBearer(authorization: string | null): string {
  if (authorization === null) {
    throw unauthenticated('the request has no header Authorization');
  }
  const [, token] = /^bearer +([\x21-\x7e]+)$/i.exec(authorization.trim()) ?? [];
  if (token === undefined) {
    throw unauthenticated('the header Authorization is no Bearer token');
  }
  if (token.length > mostCharacters) {
    throw unauthenticated(`the token is longer than ${mostCharacters} characters`);
  }
  return token;
}

/**
 * What a JWT says of itself. Nobody has checked it: it only chooses who is asked, and shortens what is believed.
 *
 * @returns undefined for what is no JWT
 */
function readClaims(
  token: string,
): { readonly iss: string | null; readonly ends: number | null } | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) {
    return undefined;
  }
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null) {
      return undefined;
    }
    const { iss, exp } = claims as { readonly iss?: unknown; readonly exp?: unknown };
    return {
      iss: typeof iss === 'string' ? iss : null,
      ends: typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : null,
    };
  } catch {
    return undefined;
  }
}
