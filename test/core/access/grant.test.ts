import { describe, expect, test } from 'vitest';
import { clustersOf, covers, type Grant } from '../../../core/access/grant.ts';
import { rights } from '../../../core/access/right.ts';
import { satisfied } from '../../../core/access/rule.ts';

const grant: Grant = { clusters: ['alpha'], namespaces: ['team-*', 'shared'], may: ['read', 'report'] };

describe('a grant', () => {
  test.each(rights)('gives %s only where it says so', (right) => {
    const place = { cluster: 'alpha', namespace: 'team-a' };
    expect(covers([grant], right, place)).toBe(right === 'read' || right === 'report');
  });

  test.each([
    [{ cluster: 'alpha', namespace: 'shared' }, true],
    [{ cluster: 'alpha', namespace: 'shared-too' }, false],
    [{ cluster: 'beta', namespace: 'team-a' }, false],
    [{ cluster: null, namespace: 'team-a' }, false],
    [{ cluster: 'alpha', namespace: null }, false],
    [{ cluster: null, namespace: null }, false],
  ])('of some namespaces of one cluster at %o: %s', (place, expected) => {
    expect(covers([grant], 'read', place)).toBe(expected);
  });

  test.each([
    [{ cluster: 'beta', namespace: 'anything' }, true],
    [{ cluster: null, namespace: null }, true],
  ])('of everything at %o: %s', (place, expected) => {
    expect(covers([{ clusters: ['*'], namespaces: ['*'], may: ['read'] }], 'read', place)).toBe(expected);
  });

  test('patterns that together are every name are not all namespaces at once', () => {
    const nearly: Grant = { clusters: ['alpha'], namespaces: ['**', '?*'], may: ['read'] };
    expect(covers([nearly], 'read', { cluster: 'alpha', namespace: null })).toBe(false);
  });

  test('two grants are not mixed: the cluster of one does not go with the namespaces of the other', () => {
    const other: Grant = { clusters: ['beta'], namespaces: ['other'], may: ['act'] };
    expect(covers([grant, other], 'act', { cluster: 'alpha', namespace: 'team-a' })).toBe(false);
    expect(covers([grant, other], 'read', { cluster: 'beta', namespace: 'team-a' })).toBe(false);
    expect(covers([grant, other], 'act', { cluster: 'beta', namespace: 'other' })).toBe(true);
  });

  test('clusters are added up; a star is any', () => {
    expect(clustersOf([])).toEqual([]);
    expect(clustersOf([grant, { ...grant, clusters: ['beta', 'alpha'] }])).toEqual(['alpha', 'beta']);
    expect(clustersOf([grant, { ...grant, clusters: ['*'] }])).toBeNull();
  });
});

describe('a rule', () => {
  const rule = { ...grant, issuer: 'gitlab', match: { project_path: 'group/*', ref_protected: 'true' } };
  const claims = { project_path: 'group/project', ref_protected: 'true' };

  test.each([
    ['all claims match', claims, true],
    ['a claim is missing', { project_path: 'group/project' }, false],
    ['a claim does not match', { ...claims, project_path: 'other/project' }, false],
    ['a claim is a boolean', { ...claims, ref_protected: true }, true],
    ['a claim is a list that holds it', { ...claims, project_path: ['x/y', 'group/a'] }, true],
    ['a claim is an object', { ...claims, ref_protected: { true: 'true' } }, false],
    ['a claim is a list of lists', { ...claims, ref_protected: [['true']] }, false],
    ['a claim is null', { ...claims, ref_protected: null }, false],
  ])('where %s', (_, given, expected) => {
    expect(satisfied([rule], 'gitlab', given)).toHaveLength(expected ? 1 : 0);
  });

  test('is of one issuer', () => {
    expect(satisfied([rule], 'github', claims)).toEqual([]);
  });

  test('asks for a claim of the token, not for what every object has', () => {
    expect(satisfied([{ ...rule, match: { constructor: '**' } }], 'gitlab', {})).toEqual([]);
  });
});
