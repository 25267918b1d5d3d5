import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Reader } from '../../../operator/runtime/controller.ts';
import type { KubeClient } from '../../cluster/client.ts';
import { describeWithCluster, sharedCluster } from '../../cluster/suite.ts';
import { until } from '../../cluster/until.ts';
import { CONFIG_MAPS, configMapController, put, watchConfigMaps } from './watching.ts';

const SECRETS = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' };

describeWithCluster('What a controller reads', () => {
  let client: KubeClient;
  let namespace: string;

  beforeAll(async () => {
    client = await sharedCluster();
    namespace = await client.namespace();
  });
  afterAll(() => client.close());

  /** Runs `read` as the controller of a ConfigMap, by an account that may read ConfigMaps alone. */
  async function reading<T>(read: (reader: Reader) => Promise<T>) {
    const account = await client.account(namespace);
    const verbs = ['list', 'watch', 'get'];
    await client.allow(account, namespace, [{ apiGroups: [''], resources: ['configmaps'], verbs }]);
    await put(client, namespace, 'one', 'good');
    let found: { readonly value: T } | undefined;
    const watching = await watchConfigMaps(account.address, {
      namespaces: { names: [namespace] },
      controller: {
        ...configMapController(),
        observe: async (_, reader) => {
          found = { value: await read(reader) };
          return { reports: [], reason: 'it was read' };
        },
      },
    });
    const { value } = await until('it is read', () => found);
    const { problems } = watching.manager.state();
    await watching.close();
    return { value, problems };
  }

  test('is one object, or null', async () => {
    const { value, problems } = await reading(async (reader) => [
      (await reader.get(CONFIG_MAPS, namespace, 'one'))?.data,
      await reader.get(CONFIG_MAPS, namespace, 'none'),
    ]);
    expect(value).toStrictEqual([{ value: 'good' }, null]);
    expect(problems).toStrictEqual([]);
  });

  test('is a list by label, in pages', async () => {
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const names = Array.from({ length: 520 }, (_, index) => `page-${String(index).padStart(3, '0')}`);
    for (let start = 0; start < names.length; start += 40) {
      const some = names.slice(start, start + 40);
      await Promise.all(
        some.map((name) => client.must('POST', path, { metadata: { name, labels: { in: 'pages' } } })),
      );
    }
    const { value } = await reading((reader) => reader.list(CONFIG_MAPS, namespace, 'in=pages'));
    expect(value.map(({ metadata }) => metadata.name)).toStrictEqual(names);
    expect(value[0]?.kind).toBe('ConfigMap');
  });

  test('is nothing where it is forbidden, which is named', async () => {
    const { value, problems } = await reading(async (reader) => [
      await reader.get(SECRETS, namespace, 'one'),
      await reader.list(SECRETS, namespace, ''),
    ]);
    expect(value).toStrictEqual([null, []]);
    expect(problems.map(({ name }) => name).sort()).toStrictEqual([
      `configmap: get secrets in ${namespace}`,
      `configmap: list secrets in ${namespace}`,
    ]);
  });
});
