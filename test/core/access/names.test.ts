import { expect, test } from 'vitest';
import { keyActor, tokenActor, userActor } from '../../../core/access/actor.ts';
import { formatKey, keyDigest, keySecretBytes, parseKey } from '../../../core/access/key.ts';

test.each([
  [userActor('system:serviceaccount:build:bot', null), 'system:serviceaccount:build:bot'],
  [
    userActor('alice@example.com', 'system:serviceaccount:proxy:p'),
    'alice@example.com via system:serviceaccount:proxy:p',
  ],
  [keyActor('ab12cd34', 'jenkins'), 'key:ab12cd34 (jenkins)'],
  [tokenActor('gitlab', 'group/project'), 'gitlab:group/project'],
  [userActor('a\n\u0000b\u007f', null), 'a\ufffd\ufffdb\ufffd'],
  [userActor('\ud800', null), '\ufffd'],
])('an actor is one line of plain text: %s', (actor, expected) => {
  expect(actor).toBe(expected);
});

test('a long name is cut, and says so', () => {
  expect(userActor('a'.repeat(5_000), null)).toBe(`${'a'.repeat(299)}…`);
});

test('a key that was made can be read again', () => {
  const { text, secret } = formatKey('0a1b2c3d4e5f', new Uint8Array(keySecretBytes).fill(255));
  expect(text).toMatch(/^kite_0a1b2c3d4e5f_[\w-]{43}$/);
  expect(parseKey(text)).toEqual({ id: '0a1b2c3d4e5f', secret });
});

test('the digest is the SHA-256 of the text of the secret', () => {
  expect(keyDigest('abc').toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test.each([
  '',
  'kite_',
  'kite_ab12cd34_',
  `kite_ab12_${'a'.repeat(43)}`,
  `kite_AB12CD34_${'a'.repeat(43)}`,
  `kite_ab12cd34_${'a'.repeat(42)}`,
  `kite_ab12cd34_${'a'.repeat(44)}`,
  `kite_ab12cd34_${'a'.repeat(42)}=`,
  `xkite_ab12cd34_${'a'.repeat(43)}`,
  `kite_ab12cd34_${'a'.repeat(43)}\n`,
])('%j is no key', (text) => {
  expect(parseKey(text)).toBeUndefined();
});
