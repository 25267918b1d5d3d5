/** What people do is told by their actions alone: no reporter can speak in their name. */
import { expect, test } from 'vitest';
import { failing, freshNamespace } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';

const kite = useKite();

test.each(['user', 'User', 'user/edit', 'USER/anything'])(
  'a report of source %s is rejected, the others count',
  async (source) => {
    const namespace = freshNamespace();
    expect(await kite.statuses(failing(namespace, 0, { source }), failing(namespace, 1))).toEqual([
      'rejected',
      'opened',
    ]);
  },
);

test('a source that only begins alike is like any other', async () => {
  expect(await kite.statuses(failing(freshNamespace(), 0, { source: 'userland' }))).toEqual(['opened']);
});
