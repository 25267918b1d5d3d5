/** A Kubernetes API server with Tekton's own definition takes the Tasks of docs/ci. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod/mini';
import { hasGo } from '../../cluster/assets.ts';
import type { KubeClient } from '../../cluster/client.ts';
import { installDefinitions } from '../../cluster/definitions.ts';
import { describeWithCluster, sharedCluster } from '../../cluster/suite.ts';

const file = join(import.meta.dirname, '../../../docs/ci/tekton-tasks.yaml');
const task = z.looseObject({
  metadata: z.object({ name: z.string() }),
  spec: z.looseObject({ steps: z.array(z.looseObject({})) }),
});
// The definition is taken from Tekton's module.
const canDownload = await hasGo();

describeWithCluster('the Tasks of docs/ci', () => {
  let client: KubeClient;
  let namespace = '';
  beforeAll(async () => {
    client = await sharedCluster();
    namespace = await client.namespace();
    if (canDownload) await installDefinitions(client, 'tasks.tekton.dev');
  });
  afterAll(() => client?.close());

  /** Asks whether the API server would take it, with every field known; nothing is stored. */
  const offer = (object: object) =>
    client.call(
      'POST',
      `/apis/tekton.dev/v1/namespaces/${namespace}/tasks?dryRun=All&fieldValidation=Strict`,
      object,
    );

  test.skipIf(!canDownload)('are taken, and one with a field that is none is not', async () => {
    const tasks = parseAllDocuments(await readFile(file, 'utf8')).map((one) => task.parse(one.toJS()));
    expect(tasks.map(({ metadata }) => metadata.name)).toEqual(['kite-report', 'kite-check']);
    for (const one of tasks) {
      const { status, body } = await offer(one);
      expect({ status, message: body.message }).toEqual({ status: 201, message: undefined });
      const [step] = one.spec.steps;
      const wrong = { ...one, spec: { ...one.spec, steps: [{ ...step, scripts: 'kite' }] } };
      const refused = await offer(wrong);
      expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining('scripts') } });
    }
  });
});
