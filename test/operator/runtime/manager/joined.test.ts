import { expect, test } from 'vitest';
import type { KubeObject } from '../../../../operator/runtime/controller.ts';
import { joined } from '../../../../operator/runtime/manager/joined.ts';
import { CONFIG_MAPS } from '../watching.ts';

function labelled(name: string, labels: Readonly<Record<string, string>>): KubeObject {
  const rest = { namespace: 'a', uid: name, resourceVersion: '1', creationTimestamp: '', annotations: {} };
  return { metadata: { ...rest, name, labels } };
}

/** A namespace of these objects; `asked` is what was asked of it. */
function namespaceOf(objects: readonly KubeObject[]) {
  const asked: string[] = [];
  const list = joined(async (_, namespace, selector) => {
    asked.push(`${namespace} ${selector}`);
    if (selector.includes('broken')) {
      throw new Error('no');
    }
    return objects;
  });
  const names = async (namespace: string, selector: string): Promise<readonly string[]> =>
    (await list(CONFIG_MAPS, namespace, selector)).map(({ metadata }) => metadata.name);
  return { asked, names };
}

test('lists by the same label at the same time are one, and each gets its own', async () => {
  const { asked, names } = namespaceOf([
    labelled('one', { run: 'a' }),
    labelled('two', { run: 'b' }),
    labelled('three', { run: 'a' }),
  ]);
  const found = await Promise.all(['run=a', 'run=b', 'run=c', 'run=a'].map((each) => names('team', each)));
  expect(found).toStrictEqual([['one', 'three'], ['two'], [], ['one', 'three']]);
  expect(asked).toStrictEqual(['team run in (a,b,c)']);
});

test('lists by other labels, elsewhere, or by more than one value are not joined', async () => {
  const { asked, names } = namespaceOf([]);
  const selectors = ['run=a', 'job=a', 'run in (a,b)', 'run=a,job=b', '!run', ''];
  await Promise.all([...selectors.map((each) => names('team', each)), names('other', 'run=a')]);
  expect([...asked].sort()).toStrictEqual([...selectors.map((each) => `team ${each}`), 'other run=a'].sort());
});

test('a list that fails fails for all that were joined, and for nobody after them', async () => {
  const { names } = namespaceOf([labelled('one', { run: 'a' })]);
  const results = await Promise.allSettled([names('team', 'run=a'), names('team', 'run=broken')]);
  expect(results.map(({ status }) => status)).toStrictEqual(['rejected', 'rejected']);
  expect(await names('team', 'run=a')).toStrictEqual(['one']);
});

test('a value that no label can have is asked for alone, and spoils no other list', async () => {
  const { asked, names } = namespaceOf([labelled('one', { run: 'a' })]);
  const wrong = `run=${'x'.repeat(64)}`;
  const found = await Promise.all(['run=a', wrong, 'run=b'].map((each) => names('team', each)));
  expect(found[0]).toStrictEqual(['one']);
  expect([...asked].sort()).toStrictEqual([`team ${wrong}`, 'team run in (a,b)'].sort());
});

test('more values than an address can hold are several lists', async () => {
  const { asked, names } = namespaceOf([]);
  const values = Array.from({ length: 200 }, (_, index) => `${'x'.repeat(50)}${index}`);
  await Promise.all(values.map((value) => names('team', `run=${value}`)));
  expect(asked).toHaveLength(3);
  expect(Math.max(...asked.map(({ length }) => length))).toBeLessThan(4_200);
});
