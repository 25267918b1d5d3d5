import type { Place, Right } from '../../core/access/right.ts';

export type { Place, Right };

/** Who calls, as the chain of authentication found out. Frozen, and holds no secret. */
export interface Caller {
  /**
   * As timelines and the audit write it: `system:serviceaccount:build:bot`, `alice@example.com via
   * system:serviceaccount:proxy:p`, `key:ab12cd34 (jenkins)`, `gitlab:group/project`. Null where nobody is asked who
   * they are.
   */
  readonly actor: string | null;
  /** Whose share of the limits a request takes. */
  readonly principal: string;
  /**
   * The cluster of what it reports without naming one, and what a list shows that names none. Null: none in
   * particular, since it may name several.
   */
  readonly cluster: string | null;
  /** The clusters that it may name; null: any. */
  readonly clusters: readonly string[] | null;
}

/** What a request brings along to say who sends it. */
export interface Credentials {
  /** The header `Authorization` as it was sent; null when absent. */
  readonly authorization: string | null;
  /**
   * Every `Impersonate-*` header: its name in lower case, and its values one by one as they were sent, never split at
   * a comma.
   */
  readonly impersonation: ReadonlyMap<string, readonly string[]>;
  /** The address of the connection that the request came on. */
  readonly sourceAddress: string;
}

/** Who is let in, and what they may do. */
export interface AccessControl {
  /** Whether anybody is asked who they are; without, everybody may do everything. */
  readonly isOn: boolean;
  /**
   * Finds out who calls.
   *
   * @throws KiteError `unauthenticated`; `forbidden` when the caller may not impersonate whom it speaks for;
   *   `invalid_request` for impersonation that is malformed; `unavailable` when whoever could tell does not answer;
   *   `rate_limited` after too many refused credentials
   */
  authenticate(credentials: Credentials): Promise<Caller>;
  /**
   * Whether a caller has a right in a place.
   *
   * @param caller one that `authenticate` of this control gave
   * @param how.anew asks again where a no is believed, so that a no takes as long whatever was asked before
   * @throws KiteError `unavailable`: an answer that could not be had is never "allowed"
   */
  may(caller: Caller, right: Right, place: Place, how?: { readonly anew?: boolean }): Promise<boolean>;
  /**
   * Takes the caller's share of the limits for one request.
   *
   * @returns gives back what the request holds; further calls do nothing
   * @throws KiteError `rate_limited` with `Retry-After`
   */
  admit(caller: Caller): () => void;
}
