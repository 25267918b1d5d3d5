import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPattern, matches, patternLimits } from '../../../core/access/pattern.ts';

test.each([
  ['team-a', 'team-a', true],
  ['team-a', 'team-ab', false],
  ['team-*', 'team-', true],
  ['team-*', 'team-a', true],
  ['team-*', 'my-team-a', false],
  ['*-team-*', 'my-team-a', true],
  ['*', '', true],
  ['*', 'a/b', false],
  ['**', 'a/b', true],
  ['group/*', 'group/project', true],
  ['group/*', 'group/sub/project', false],
  ['group/*', 'group-evil/project', false],
  ['group/**', 'group/sub/project', true],
  ['group/**/end', 'group/a/b/end', true],
  ['*/*', 'a/b/c', false],
  ['a*b**c', 'axbx/xc', true],
  ['a*b**c', 'ax/bxc', false],
  ['Team', 'team', false],
  ['a.c', 'abc', false],
  ['[ab]', 'a', false],
  ['日*', '日本😀', true],
])('the pattern %s and the value %s: %s', (pattern, value, expected) => {
  expect(matches(pattern, value)).toBe(expected);
});

test('a pattern says what its regular expression says', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '.'), maxLength: 12 });
  fc.assert(
    fc.property(letters, letters, (pattern, value) => {
      const escaped = pattern.replaceAll('.', String.raw`\.`);
      const source = escaped.replaceAll(/\*+/g, (stars) => (stars.length > 1 ? '[\\s\\S]*' : '[^/]*'));
      expect(matches(pattern, value)).toBe(new RegExp(`^${source}$`).test(value));
    }),
    { numRuns: 5_000 },
  );
});

test('many stars against a long value that nearly matches are answered at once', () => {
  const stars = `${'*a'.repeat(patternLimits.pattern / 2 - 1)}b`;
  expect(matches(stars, 'a'.repeat(patternLimits.value))).toBe(false);
  expect(matches(`${'**a'.repeat(80)}b`, 'a'.repeat(patternLimits.value))).toBe(false);
});

test('what is longer than its limit matches no pattern', () => {
  expect(matches('*', 'a'.repeat(patternLimits.value))).toBe(true);
  expect(matches('*', 'a'.repeat(patternLimits.value + 1))).toBe(false);
});

test.each([
  ['team-*', true],
  ['', false],
  ['a b', false],
  ['a\u0000', false],
  ['\ud800', false],
  ['a'.repeat(patternLimits.pattern), true],
  ['a'.repeat(patternLimits.pattern + 1), false],
])('%j may stand as a pattern: %s', (text, expected) => {
  expect(isPattern(text)).toBe(expected);
});
