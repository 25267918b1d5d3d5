import { describe, expect, it } from 'vitest';
import { parseSelector, selects } from '../../../operator/controllers/selector.ts';

const labels = { app: 'a', tier: 'web', 'example.com/team': 'x', empty: '' };

describe('a label selector', () => {
  it.each([
    ['', true],
    ['app=a', true],
    ['app==a', true],
    ['app = a', true],
    ['app=b', false],
    ['app!=b', true],
    ['app!=a', false],
    ['none!=a', true],
    ['app', true],
    ['none', false],
    ['!none', true],
    ['!app', false],
    ['empty=', true],
    ['app in (b, a)', true],
    ['app in (b)', false],
    ['none in (a)', false],
    ['app notin (b)', true],
    ['app notin (a,b)', false],
    ['none notin (a)', true],
    ['example.com/team=x,tier in (web,db),!none', true],
    ['example.com/team=x,tier in (db)', false],
    ['constructor', false],
    ['__proto__', false],
  ])('%j', (text, selected) => {
    expect(selects(parseSelector(text) ?? [{ key: 'wrong', must: 'present', values: [] }], labels)).toBe(
      selected,
    );
  });

  it.each([
    'app=a,',
    'app in a',
    'app in (a',
    'in (a)',
    '=a',
    'app=a b',
    'app>1',
    '!',
    'app=(a)',
    ',',
    'a b',
  ])('%j is none', (text) => {
    expect(parseSelector(text)).toBeNull();
  });
});
