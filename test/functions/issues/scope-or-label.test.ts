/** `component=` and `application=` match the scope or the label: neither hides the other. */
import { expect, test } from 'vitest';
import { component, failing, freshNamespace } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';

const kite = useKite();

test('a component of several versions is found by its scope’s name and by its label', async () => {
  const namespace = freshNamespace();
  await kite.statuses(
    failing(namespace, 0, { ...component('core@v2'), labels: { component: 'core' } }),
    failing(namespace, 1, component('other')),
  );
  for (const name of ['core', 'core@v2']) {
    const { data } = await kite.list({ namespace, component: name });
    expect(data.map((issue) => issue.scope.resourceName)).toEqual(['core@v2']);
  }
  expect((await kite.list({ namespace, component: 'core@v2' })).data[0]?.labels).toEqual({
    component: 'core',
  });
});

test('an application that no label names is found by its scope, and shown as the application', async () => {
  const namespace = freshNamespace();
  const scope = { resourceType: 'application', resourceName: 'shop' };
  await kite.statuses(failing(namespace, 0, { scope, issueType: 'release' }));
  expect((await kite.list({ namespace, application: 'shop' })).data).toMatchObject([{ application: 'shop' }]);
});
