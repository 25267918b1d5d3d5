import { createRemoteJWKSet, customFetch, errors, type JWTPayload, jwtVerify, type RemoteJWKSet } from 'jose';
import * as z from 'zod/mini';
import { tokenActor } from '../../core/access/actor.ts';
import { clustersOf } from '../../core/access/grant.ts';
import { type Rule, satisfied } from '../../core/access/rule.ts';
import type { IssuerConfig } from './config.ts';
import { type Asker, createAsker } from './https.ts';
import type { Verdict } from './identity.ts';
import { unanswered } from './refusal.ts';

/** Seconds by which clocks may differ. */
const skew = 60;
const mostBytes = 512 * 1024;
/** Milliseconds for which keys are believed, and between two looks for a key that is not among them. */
const keysAge = 600_000;
const defaultCooldown = 10_000;

/** What makes a token wrong, as opposed to what keeps us from telling. */
const refusals = [
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSMultipleMatchingKeys,
  errors.JWKSNoMatchingKey,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
];

const discovery = z.object({ issuer: z.string(), jwks_uri: z.string() });

/** Checks the tokens of one issuer that is not a cluster. */
export class OidcIssuer {
  readonly #config: IssuerConfig;
  readonly #rules: readonly Rule[];
  readonly #clock: () => number;
  readonly #ask: Asker;
  readonly #keys: RemoteJWKSet;

  constructor(
    config: IssuerConfig,
    rules: readonly Rule[],
    options: {
      readonly timeout: number;
      /** Milliseconds since 1970. */
      readonly clock: () => number;
      /** Milliseconds between two looks for a key that is not known. */
      readonly cooldown?: number;
    },
  ) {
    this.#config = config;
    this.#rules = rules;
    this.#clock = options.clock;
    this.#ask = createAsker({
      ca: config.ca,
      timeout: options.timeout,
      mostBytes,
      connections: 2,
      waiting: 100,
    });
    this.#keys = createRemoteJWKSet(config.keys ?? new URL(config.issuer), {
      cacheMaxAge: keysAge,
      cooldownDuration: options.cooldown ?? defaultCooldown,
      // Two questions, of which each has a limit of its own.
      timeoutDuration: options.timeout * 2 + 1000,
      [customFetch]: async () => Response.json(await this.#fetchKeys()),
    });
  }

  /** @throws KiteError `unavailable` when the keys of the issuer cannot be had */
  async verify(token: string): Promise<Verdict> {
    const { name, issuer, audiences, algorithms } = this.#config;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer,
        audience: [...audiences],
        algorithms: [...algorithms],
        clockTolerance: skew,
        currentDate: new Date(this.#clock()),
        requiredClaims: ['exp'],
      });
      return this.#verdict(payload);
    } catch (error) {
      if (refusals.some((kind) => error instanceof kind)) {
        return { refused: `the token of ${name} is not valid: ${describe(error)}` };
      }
      throw unanswered(
        'The issuer of this token',
        new Error(`the keys of ${name} cannot be had: ${describe(error)}`, { cause: error }),
      );
    }
  }

  #verdict(payload: JWTPayload): Verdict {
    const { name, actor: claim } = this.#config;
    const grants = satisfied(this.#rules, name, payload);
    const subject = Object.hasOwn(payload, claim) ? payload[claim] : undefined;
    if (typeof subject !== 'string' || subject === '') {
      return { refused: `the token of ${name} has no claim ${claim}, by which timelines would call it` };
    }
    const clusters = clustersOf(grants);
    const actor = tokenActor(name, subject);
    return {
      known: {
        caller: Object.freeze({
          actor,
          principal: actor,
          cluster: clusters?.length === 1 ? (clusters[0] ?? null) : null,
          clusters,
        }),
        identity: { kind: 'grants', grants },
      },
      ends: payload.exp === undefined ? null : (payload.exp + skew) * 1000,
    };
  }

  async #fetchKeys(): Promise<unknown> {
    return this.#get(this.#config.keys ?? (await this.#discover()));
  }

  async #discover(): Promise<URL> {
    const { issuer } = this.#config;
    const place = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const found = discovery.parse(await this.#get(new URL(place)));
    if (found.issuer !== issuer) {
      throw new Error('its document names another issuer');
    }
    const keys = new URL(found.jwks_uri);
    if (keys.protocol !== new URL(issuer).protocol) {
      throw new Error('its document names keys in the clear');
    }
    return keys;
  }

  async #get(url: URL): Promise<unknown> {
    const { status, body } = await this.#ask(url, { method: 'GET', headers: { accept: 'application/json' } });
    if (status !== 200) {
      throw new Error(`${url.href} answered ${status}`);
    }
    return JSON.parse(body);
  }
}

/** What jose says names claims, never their values. */
function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
