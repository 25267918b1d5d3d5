/** Each webhook and the namespace check can be switched off. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failing, freshNamespace, issueBody } from '../../support/bodies.ts';
import { bodyOf, expectError, type Kite, kiteOf, useKite } from '../../support/kite.ts';
import { startServer } from '../../support/server.ts';

describe('a webhook that is switched off', () => {
  const kite = useKite({ env: { KITE_WEBHOOKS_DISABLED: 'pipeline-failure,release-success' } });

  it('answers 404 with a sentence, and writes nothing; the others go on', async () => {
    const namespace = freshNamespace();
    const failure = { pipelineName: 'push', namespace, failureReason: 'Failed' };
    const before = await kite.stored();
    for (const path of ['/webhooks/pipeline-failure', '/webhooks/pipeline-failure/']) {
      expect(expectError(await kite.post(path, failure), 404).message).toMatch(/switched off/i);
    }
    expectError(await kite.post('/webhooks/release-success', { application: 'shop', namespace }), 404);
    expect(await kite.stored()).toBe(before);
    expect(await kite.success('pipeline-success', { pipelineName: 'push', namespace })).toContain(
      'Resolved 0',
    );
  });
});

describe('a namespace check that is switched off', () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  let kite: Kite;

  beforeAll(async () => {
    server = await startServer({ env: { KITE_NAMESPACE_CHECK: 'off' } });
    kite = kiteOf(() => server);
  });
  afterAll(async () => {
    await server?.close();
  });

  it('lets a caller read and write whatever namespace the query names', async () => {
    const namespace = freshNamespace();
    const query = { namespace: 'other' };
    bodyOf(await kite.post('/issues/', issueBody(namespace), { query }), 201);
    const [result] = await kite.reports([failing(namespace, 0)], { query });
    bodyOf(await kite.get(`/issues/${result?.issueId}`, query), 200);
  });
});
