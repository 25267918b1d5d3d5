import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { readPlainSettings } from '../../../clients/cli/target/plain-settings.ts';

const word = fc.oneof(
  fc.stringMatching(/^[A-Za-z/][A-Za-z0-9_./:@+=-]{0,30}$/),
  fc.constantFrom(
    'true',
    'True',
    'null',
    'NULL',
    'no',
    'yes',
    'on',
    '~',
    '1',
    '1e3',
    '0x1f',
    '.inf',
    '',
    ' a',
    'a: b',
    'a #b',
    '#',
    '-',
    '결제',
    'a\nb',
    '"',
    "'",
    'a:',
    '2026-01-31',
  ),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);
const settings = fc.record({
  current: fc.option(word),
  contexts: fc.dictionary(
    word,
    fc.record(
      {
        url: word,
        namespace: word,
        token: word,
        tokenFile: word,
        kube: fc.constant(true),
        kubeContext: word,
      },
      { requiredKeys: ['url'] },
    ),
    { maxKeys: 3 },
  ),
});

test('what is read without YAML is read as YAML reads it', () => {
  fc.assert(
    fc.property(settings, (value) => {
      const text = stringify(value, { lineWidth: 0 });
      const read = readPlainSettings(text);
      if (read !== undefined) expect(read).toEqual(parse(text));
    }),
    { numRuns: 2000 },
  );
});

test('lines of any kind are read as YAML reads them, or left to it', () => {
  const line = fc.tuple(
    fc.constantFrom('', '  ', '    ', '   '),
    fc.constantFrom('current', 'contexts', 'a', 'b', 'url', 'true'),
    fc.constantFrom(':', ': a', ': true', ': null', ': a: b', ':a', ': {}', ': "x"', ': a #c', ':  a'),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (all) => {
      const text = `${all.map((parts) => parts.join('')).join('\n')}\n`;
      const read = readPlainSettings(text);
      if (read !== undefined) expect(read).toEqual(parse(text));
    }),
    { numRuns: 5000 },
  );
});

test('what login writes is read without YAML', () => {
  const value = {
    current: 'prod',
    contexts: {
      prod: {
        url: 'https://kite.example.com/base',
        namespace: 'team-a',
        kube: true,
        kubeContext: 'admin@prod',
      },
      ci: { url: 'http://127.0.0.1:8080', token: 'kite_0a1b2c3d4e5f_Zm9vYmFy-_' },
      jwt: {
        url: 'http://127.0.0.1:8080',
        token: 'eyJhbGciOi.eyJpc3Mi.c2ln',
        tokenFile: '/run/secrets/token',
      },
    },
  };
  expect(readPlainSettings(stringify(value, { lineWidth: 0 }))).toEqual(value);
});
