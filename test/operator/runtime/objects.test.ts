import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameOf, pathOf, toObject } from '../../../operator/runtime/objects.ts';
import { CONFIG_MAPS } from './watching.ts';

const RUNS = { group: 'tekton.dev', version: 'v1', plural: 'pipelineruns', kind: 'PipelineRun' };

test('a path is that of the core group or of another, of one namespace or all, of one object or all', () => {
  expect(pathOf(CONFIG_MAPS, '')).toBe('/api/v1/configmaps');
  expect(pathOf(CONFIG_MAPS, 'a', 'b')).toBe('/api/v1/namespaces/a/configmaps/b');
  expect(pathOf(RUNS, 'a')).toBe('/apis/tekton.dev/v1/namespaces/a/pipelineruns');
  expect(pathOf(RUNS, '../..', 'a/b?c')).toBe(
    '/apis/tekton.dev/v1/namespaces/..%2F../pipelineruns/a%2Fb%3Fc',
  );
  expect([nameOf(CONFIG_MAPS), nameOf(RUNS)]).toStrictEqual(['configmaps', 'pipelineruns.tekton.dev']);
});

test('an object has all fields that every object has, and none of those that nobody reads', () => {
  const metadata = { name: 'a', uid: 'u', resourceVersion: '1', labels: { a: 'b', c: 1 }, managedFields: [] };
  expect(toObject({ metadata, data: { x: 'y' } }, CONFIG_MAPS)).toStrictEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'a',
      namespace: '',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '',
      deletionTimestamp: undefined,
      labels: { a: 'b' },
      annotations: {},
    },
    data: { x: 'y' },
  });
});

test('nothing whatever makes it throw, and what it takes has a name, uid and version', () => {
  const part = fc.anything();
  const metadata = fc.record(
    {
      name: part,
      namespace: part,
      uid: part,
      resourceVersion: fc.oneof(part, fc.string()),
      labels: part,
      annotations: part,
      creationTimestamp: part,
    },
    { requiredKeys: [] },
  );
  const property = fc.property(fc.oneof(part, fc.record({ metadata: fc.oneof(metadata, part) })), (value) => {
    const object = toObject(value, CONFIG_MAPS);
    for (const field of object === undefined ? [] : (['name', 'uid', 'resourceVersion'] as const)) {
      expect(object?.metadata[field]).toMatch(/./s);
    }
  });
  fc.assert(property);
});
