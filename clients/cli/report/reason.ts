/** Bytes of UTF-8 that a description may have, with room for the sentence before the reason. */
const mostReasonBytes = 60 * 1024;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const escapes = /\u001b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
const cutNote = '(the beginning is cut off) …\n';

/**
 * A text such as the end of a log as a description can hold it: without colours and NUL. Of one that is too long the end
 * stays, since that is where a log says what went wrong.
 */
export function asReason(text: string): string {
  const plain = text
    .replaceAll(escapes, '')
    .replaceAll('\u0000', '')
    .replaceAll('\r\n', '\n')
    .toWellFormed()
    .trim();
  const bytes = Buffer.from(plain, 'utf8');
  if (bytes.length <= mostReasonBytes) return plain;
  const kept = bytes.subarray(bytes.length - mostReasonBytes + Buffer.byteLength(cutNote));
  // The first bytes may be the rest of a character.
  const start = kept.findIndex((byte) => (byte & 0xc0) !== 0x80);
  return cutNote + kept.subarray(start).toString('utf8');
}
