import { describe, expect, test } from 'vitest';
import { filterOptions } from '../../../clients/cli/issues/filters.ts';
import { age, moment, readDuration } from '../../../clients/cli/output/age.ts';
import { escapeRaw, line, lines } from '../../../clients/cli/output/plain.ts';
import { layout } from '../../../clients/cli/output/table.ts';
import { cut, pad, widthOf, wrap } from '../../../clients/cli/output/width.ts';
import { issueTypes, severities } from '../../../core/domain/report.ts';

describe('widths', () => {
  test.each<[string, number]>([
    ['', 0],
    ['abc', 3],
    ['한국어', 6],
    ['日本', 4],
    ['ｆｕｌｌ', 8],
    ['école', 5],
    ['e\u0301cole', 5],
    ['👩‍💻', 2],
    ['👍🏽', 2],
    ['❤️', 2],
    ['🇩🇪', 2],
    ['a\u200bb', 2],
    ['…', 1],
    ['█', 1],
  ])('%j takes %i columns', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  test('what is cut is no wider than asked, and no character is cut in two', () => {
    expect(cut('abcdef', 6)).toBe('abcdef');
    expect(cut('abcdef', 4)).toBe('abc…');
    expect(cut('한국어', 5)).toBe('한국…');
    expect(cut('한국어', 4)).toBe('한…');
    expect(cut('👩‍💻👩‍💻', 3)).toBe('👩‍💻…');
    expect(cut('abc', 1)).toBe('…');
    expect(cut('abc', 0)).toBe('');
    expect(pad('한', 4)).toBe('한  ');
  });

  test('lines are broken between words, and long words where they must', () => {
    expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrap('한국어 한국어', 7)).toEqual(['한국어', '한국어']);
    for (const most of [1, 2, 3, 5, 10]) {
      const broken = wrap('한국어 a very-long-word 👩‍💻 x', Math.max(2, most));
      for (const one of broken) expect(widthOf(one)).toBeLessThanOrEqual(Math.max(2, most));
    }
  });
});

describe('text of others', () => {
  test('is on one line, or on its own lines, and has nothing that a terminal obeys', () => {
    expect(line('a\u001b[31m\r\nb\tc\u0007\u009b\u202e\u061c')).toBe('a�[31m b c����');
    expect(lines('a\r\nb\rc\n\td\u0000')).toEqual(['a', 'b', 'c', '    d�']);
    expect(line(undefined)).toBe('');
  });

  test('in JSON is the same text when it is read', () => {
    const text = 'a\u007f\u009b\u202e\u2028b한';
    const written = escapeRaw(JSON.stringify(text));
    expect(JSON.parse(written)).toBe(text);
    expect(written).toBe('"a\\u007f\\u009b\\u202e\\u2028b한"');
  });
});

test('ages, moments and durations', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  const ago = (milliseconds: number) => age(new Date(now - milliseconds).toISOString(), now);
  expect(
    [0, 59_999, 60_000, 3_599_999, 3_600_000 * 3, 86_400_000 * 2, 86_400_000 * 400, -5000].map(ago),
  ).toEqual([...['0s', '59s', '1m', '59m', '3h', '2d', '1y', '0s']]);
  expect(age(null, now)).toBe('-');
  expect(moment('2026-11-22T12:00:00.123Z')).toBe('2026-11-22 12:00:00');
  expect(['30', '90s', '5m', '1h30m', '7d', '2w', 'x', '5', '', '1.5h'].map(readDuration)).toEqual([
    ...[30_000, 90_000, 300_000, 5_400_000, 604_800_000, 1_209_600_000, null, 5000, null, null],
  ]);
});

describe('a table', () => {
  const columns = [
    { title: 'ID', text: (row: string[]) => row[0] ?? '' },
    { title: 'KIND', text: (row: string[]) => row[1] ?? '', drop: 1 },
    { title: 'NAME', text: (row: string[]) => row[2] ?? '', least: 6 },
    { title: 'TITLE', text: (row: string[]) => row[3] ?? '', least: 8 },
  ];
  const rows = [['12345678', 'pipeline', 'a-long-name-of-something', 'a title that is rather long']];
  const drawn = (width: number | null) => {
    const table = layout(columns, rows, width, String);
    return [table.head, ...rows.map((row) => table.line(row))];
  };

  test('narrows what can be narrowed, then leaves out what can be left out', () => {
    expect(drawn(null)[1]).toBe('12345678  pipeline  a-long-name-of-something  a title that is rather long');
    for (let width = 26; width < 90; width += 1) {
      for (const one of drawn(width)) expect(widthOf(one)).toBeLessThanOrEqual(width);
    }
    expect(drawn(40)[0]).toContain('KIND');
    expect(drawn(30)[0]).not.toContain('KIND');
  });

  test('later rows fit under the first ones', () => {
    const table = layout(columns, rows, 60, String);
    expect(
      widthOf(table.line(['12345678', 'pipeline', 'x'.repeat(100), '한'.repeat(100)])),
    ).toBeLessThanOrEqual(60);
  });
});

test('the words that filters take are those of the API', () => {
  const words = (flag: string) => filterOptions.find(({ flags }) => flags.includes(flag))?.words;
  expect(words('--severity')).toEqual(severities);
  expect(words('--type')).toEqual(issueTypes);
});
