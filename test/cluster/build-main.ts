/**
 * Makes the API server that tests run against, unless it is there already, and prints its directory:
 * $KUBEBUILDER_ASSETS where that has one, else a build in the user's cache folder.
 *
 *   npm run cluster:build
 */
import { buildAssets, findAssets, hasGo } from './assets.ts';
import { published, publishedDefinition } from './modules.ts';

async function main(): Promise<void> {
  const found = await findAssets();
  if (found === undefined && !(await hasGo())) {
    console.error(
      'There is no API server for the tests: install Go 1.26 or newer, or set KUBEBUILDER_ASSETS. The tests that need one are skipped.',
    );
    return;
  }
  console.log(found ?? (await buildAssets('inherit')));
  if (await hasGo()) {
    // Into Go's cache, so that tests need no network.
    await Promise.all(published.map(publishedDefinition));
  }
}

await main();
