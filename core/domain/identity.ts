import { hash } from 'node:crypto';
import type { Identity } from './report.ts';

/**
 * Parts as a UUID (RFC 9562 version 8): the first 128 bits of SHA-256 over the parts, each followed by a
 * zero byte, which no part can hold.
 */
function digestKey(parts: readonly string[]): string {
  const hex = hash('sha256', `${parts.join('\0')}\0`);
  const variant = variants[Number.parseInt(hex.charAt(16), 16) & 0b11];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The hex digits that begin with the bits 10, which RFC 9562 asks for. */
const variants = '89ab';

/**
 * The identity as a UUID. The database computes the same in `identity_of(...)` and refuses a row whose
 * digest is not that of its columns.
 */
export function identityKey({ cluster, namespace, scope, issueType }: Identity): string {
  const { resourceType, resourceName, resourceNamespace } = scope;
  return digestKey([cluster, namespace, resourceType, resourceName, resourceNamespace, issueType]);
}

/**
 * What makes a report or an edit distinct, as a UUID: two with the same one are the same, whatever else
 * they say.
 *
 * @param identity the identity's key
 */
export function distinctKey(
  kind: 'report' | 'edit',
  identity: string,
  { source, eventId }: { readonly source: string; readonly eventId: string },
): string {
  return digestKey([kind, identity, source, eventId]);
}

const mintmakerPrefix = 'mintmaker-';

/**
 * The pipeline whose runs end what a MintMaker issue reports: MintMaker names its logs and its pipeline
 * alike. Null for every other identity, whose issues are closed by a single passing report.
 */
export function endsOf(identity: Identity): Identity | null {
  return identity.scope.resourceType.startsWith(mintmakerPrefix) && identity.issueType === 'dependency'
    ? { ...identity, scope: { ...identity.scope, resourceType: 'pipelinerun' }, issueType: 'pipeline' }
    : null;
}
