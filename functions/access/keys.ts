import { timingSafeEqual } from 'node:crypto';
import { keyActor } from '../../core/access/actor.ts';
import { clustersOf } from '../../core/access/grant.ts';
import { keyDigest, parseKey } from '../../core/access/key.ts';
import type { StoredKey } from '../../db/keys/find.ts';
import { Answers } from './answers.ts';
import type { Verdict } from './identity.ts';

/** Where the keys are. */
export interface KeyStore {
  /** @throws KiteError `unavailable` */
  find(id: string): Promise<StoredKey | undefined>;
  /** Notes that a key was used. */
  touch(id: string, now: number): Promise<void>;
}

/** Milliseconds for which a key is believed as it was read: a revoked one works no longer than that. */
const keyAge = 3_000;
/** Milliseconds between two notes that a key was used. */
const touchAge = 60_000;
/** What the secret of an id that does not exist is compared with: no secret has it. */
const nobody = new Uint8Array(32);

/** Checks API keys. An id that does not exist takes the same steps as one that does. */
export class ApiKeys {
  readonly #store: KeyStore;
  readonly #clock: () => number;
  readonly #onTouchFailed: (error: unknown) => void;
  readonly #found: Answers<StoredKey | undefined>;
  readonly #touched: Answers<true>;

  /**
   * @param options.clock milliseconds since 1970
   * @param options.elapsed milliseconds that only grow
   * @param options.onTouchFailed told when the use of a key could not be noted; the key works all the same
   */
  constructor(
    store: KeyStore,
    options: {
      readonly entries: number;
      readonly clock: () => number;
      readonly elapsed: () => number;
      readonly onTouchFailed: (error: unknown) => void;
    },
  ) {
    this.#store = store;
    this.#clock = options.clock;
    this.#onTouchFailed = options.onTouchFailed;
    this.#found = new Answers(options.entries, options.elapsed);
    this.#touched = new Answers(options.entries, options.elapsed);
  }

  /** @throws KiteError `unavailable` */
  async verify(token: string): Promise<Verdict> {
    const parsed = parseKey(token);
    if (parsed === undefined) {
      return { refused: 'the API key does not have the form of one' };
    }
    const { id, secret } = parsed;
    const key = await this.#found.ask(id, async () => ({ value: await this.#store.find(id), keep: keyAge }));
    const isRight = timingSafeEqual(keyDigest(secret), key?.digest ?? nobody);
    const now = this.#clock();
    if (key === undefined || !isRight) {
      return { refused: `there is no API key ${id} with this secret` };
    }
    if (key.revokedAt !== null && key.revokedAt <= now) {
      return { refused: `the API key ${id} is revoked` };
    }
    if (key.expiresAt !== null && key.expiresAt <= now) {
      return { refused: `the API key ${id} has expired` };
    }
    this.#note(id, now);
    const clusters = clustersOf([key]);
    return {
      known: {
        caller: Object.freeze({
          actor: keyActor(id, key.name),
          principal: `key:${id}`,
          cluster: clusters?.length === 1 ? (clusters[0] ?? null) : null,
          clusters,
        }),
        identity: { kind: 'grants', grants: [key] },
      },
      ends: key.expiresAt,
    };
  }

  /** Does not hold up the request, nor fail it. */
  #note(id: string, now: number): void {
    const noted = this.#touched.ask(id, async () => {
      await this.#store.touch(id, now);
      return { value: true, keep: touchAge };
    });
    Promise.resolve(noted).catch(this.#onTouchFailed);
  }
}
