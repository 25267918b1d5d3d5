import { createHash } from 'node:crypto';

/** What stands before the id of every API key, so that programs that look for leaked secrets can tell one. */
export const keyPrefix = 'kite_';

/** Bytes of chance in a secret: none can be guessed. */
export const keySecretBytes = 32;

const form = /^kite_([a-z0-9]{8,32})_([A-Za-z0-9_-]{43})$/;

/** An API key in its two parts; undefined when the text is none. */
export function parseKey(text: string): { readonly id: string; readonly secret: string } | undefined {
  const [, id, secret] = form.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/**
 * An API key as it is shown once.
 *
 * @param id 8 to 32 small letters and digits
 * @param random `keySecretBytes` bytes of chance
 */
export function formatKey(
  id: string,
  random: Uint8Array,
): { readonly text: string; readonly secret: string } {
  const secret = Buffer.from(random).toString('base64url');
  return { text: `${keyPrefix}${id}_${secret}`, secret };
}

/** What is kept of a secret: the SHA-256 of it, 32 bytes. */
export function keyDigest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
