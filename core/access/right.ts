import type { Access } from '../contract/operation.ts';

/** What an operation's access class asks of a caller; `public` asks nothing. */
export type Right = Exclude<Access, 'public'>;

export const rights = ['read', 'report', 'act', 'admin'] as const satisfies readonly Right[];

/** Where something is read or written. Namespace null: in all of them; cluster null: in all of them. */
export interface Place {
  readonly cluster: string | null;
  readonly namespace: string | null;
}
