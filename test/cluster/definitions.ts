import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KubeClient } from './client.ts';
import type { Manifest } from './manifests.ts';
import { published, publishedDefinition } from './modules.ts';
import { until } from './until.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/**
 * Installs resource definitions of test/fixtures/crds, or of Go modules, unless they are there, and waits until their objects can be
 * listed. Where they convert by a webhook, which nobody answers here, they do not convert.
 *
 * @param names such as `pipelineruns.tekton.dev`
 */
export async function installDefinitions(client: KubeClient, ...names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => install(client, name)));
}

async function read(name: string): Promise<Manifest> {
  const module = published.find((one) => one === name);
  return module === undefined
    ? parse(await readFile(join(import.meta.dirname, '../fixtures/crds', `${name}.yaml`), 'utf8'))
    : publishedDefinition(module);
}

async function install(client: KubeClient, name: string): Promise<void> {
  const definition = await read(name);
  definition.spec.conversion = { strategy: 'None' };
  const { status, body } = await client.call('POST', DEFINITIONS, definition);
  if (status !== 201 && status !== 409) {
    throw new Error(`${name} cannot be installed: ${status} ${body.message}`);
  }
  for (const version of definition.spec.versions) {
    if (version.served === true) {
      const path = `/apis/${definition.spec.group}/${version.name}/${definition.spec.names.plural}?limit=1`;
      await until(`${path} can be listed`, async () => (await client.call('GET', path)).status === 200);
    }
  }
}
