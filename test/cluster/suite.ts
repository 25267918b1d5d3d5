import { describe, inject, test } from 'vitest';
import { findAssets, hasGo } from './assets.ts';
import { KubeClient } from './client.ts';

const isBuilt = (await findAssets()) !== undefined;
const isMissing = !isBuilt && (await hasGo());

/**
 * A suite that needs an API server. Where there is none it is skipped by its name, and says why; where Go is installed
 * the API server could be there, so that is a failure.
 */
export function describeWithCluster(name: string, suite: () => void): void {
  if (isBuilt) {
    describe(name, suite);
  } else if (isMissing) {
    test(name, () => {
      throw new Error(
        'There is no API server for this suite, though Go could build it: npm run cluster:build',
      );
    });
  } else {
    process.stderr.write(`SKIPPED, neither an API server nor Go to build it: ${name}\n`);
    describe.skip(`${name} (skipped: no API server and no Go)`, suite);
  }
}

/** The API server of this run, with all rights: make a namespace of your own. The caller closes the client. */
export async function sharedCluster(): Promise<KubeClient> {
  const answer = await fetch(inject('clusterBroker'));
  const text = await answer.text();
  if (!answer.ok) {
    throw new Error(text);
  }
  return new KubeClient(JSON.parse(text));
}
