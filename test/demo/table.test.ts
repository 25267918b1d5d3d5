import { describe, expect, it } from 'vitest';
import { span, tableLines } from './table.ts';

const columns = [
  { title: 'ID', text: (row: string) => row.slice(0, 2) },
  { title: 'TEXT', text: (row: string) => row, least: 8 },
  { title: 'PLACE', text: (row: string) => row, least: 8, keep: 'ends' as const },
];
const rows = ['abcdefghijklmnopqrstuvwxyz', 'short'];

describe('tableLines', () => {
  it.each([80, 60, 40, 24])('fits %i columns', (width) => {
    const { head, body } = tableLines(columns, rows, width);
    expect(Math.max(...[head, ...body].map((line) => line.length))).toBeLessThanOrEqual(width);
  });

  it('cuts what is too long where the column says, and never below the least width', () => {
    expect(tableLines(columns, rows, 10).body).toEqual(['ab  abcdefg…  abcd…xyz', 'sh  short     short']);
  });

  it('does not let text from outside move the cursor', () => {
    expect(tableLines(columns, ['a\u001b[2J\nb'], 80).body).toEqual(['a   a [2J b  a [2J b']);
  });
});

describe('span', () => {
  it.each([
    [5 * 60_000, '5 min'],
    [47.5 * 3_600_000, '47 h'],
    [-49 * 3_600_000, '2 d'],
  ])('writes %i ms as %s', (milliseconds, text) => {
    expect(span(milliseconds)).toBe(text);
  });
});
