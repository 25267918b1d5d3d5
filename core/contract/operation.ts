import type * as z from 'zod/mini';
import type { ErrorCode } from '../errors.ts';

/** Who may use an operation: everybody; readers, reporters, those who act for the namespace; admins. */
export type Access = 'public' | 'read' | 'report' | 'act' | 'admin';
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** One operation of the API: its route, its forms, and what it answers. */
export interface Operation {
  /** `<noun>.<verb>`: the name of the operation's file in every layer. */
  readonly id: string;
  readonly method: Method;
  /** Parameters in braces; answered with and without a trailing slash. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: z.ZodMiniObject;
  readonly query?: z.ZodMiniObject;
  readonly body?: z.ZodMiniType;
  /** Whether an empty text in the body says no more than a field left out: today's clients send both. */
  readonly emptyIsAbsent?: boolean;
  /** Whether the same `Idempotency-Key` makes it the same call. */
  readonly idempotencyKey?: boolean;
  /** What is answered when it works: status and body. */
  readonly answers: Readonly<
    Record<number, { readonly description: string; readonly schema?: z.ZodMiniType }>
  >;
  /** Beyond those that any operation may answer. */
  readonly errors: readonly ErrorCode[];
}

/** What every path begins with, but the root's. */
export const base = '/api/v1';

/** What every operation may answer. */
export const commonErrors: readonly ErrorCode[] = [
  'invalid_request',
  'request_timeout',
  'payload_too_large',
  'headers_too_large',
  'internal',
  'unavailable',
];
/** What every operation that is not public may answer. */
export const guardErrors: readonly ErrorCode[] = ['unauthenticated', 'forbidden', 'rate_limited'];
/** What every operation that may write may answer. */
export const writeErrors: readonly ErrorCode[] = ['foreign_origin'];
/** What every operation that takes a body may answer. */
export const bodyErrors: readonly ErrorCode[] = [
  'invalid_json',
  'invalid_request',
  'payload_too_large',
  'unsupported_media_type',
];
/** What every operation on one issue may answer. */
export const oneIssueErrors: readonly ErrorCode[] = ['invalid_request', 'not_found', 'namespace_mismatch'];
