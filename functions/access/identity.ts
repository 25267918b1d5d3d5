import { createHash } from 'node:crypto';
import type { Grant } from '../../core/access/grant.ts';
import type { Caller } from './control.ts';

/** A user as a cluster knows it. */
export interface KubeUser {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What decides about a caller's rights: a cluster that is asked, or grants. */
export type Identity =
  | {
      readonly kind: 'user';
      readonly cluster: string;
      readonly user: KubeUser;
      /** Tells this user of this cluster from every other one that could be answered differently. */
      readonly digest: string;
    }
  | { readonly kind: 'grants'; readonly grants: readonly Grant[] };

/** Somebody who was let in. */
export interface Known {
  readonly caller: Caller;
  readonly identity: Identity;
}

/** What a credential turned out to be. */
export type Verdict =
  | {
      readonly known: Known;
      /** Milliseconds since 1970 at which it ends; null: nobody knows. */
      readonly ends: number | null;
    }
  /** In words for whoever runs this. */
  | { readonly refused: string };

export function digest(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

export function userIdentity(cluster: string, user: KubeUser): Identity {
  const { username, uid, groups, extra } = user;
  return { kind: 'user', cluster, user, digest: digest(cluster, username, uid, groups, extra) };
}
