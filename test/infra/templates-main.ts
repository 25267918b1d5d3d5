/**
 * Writes the templates of every configuration, and of every choice that one may make, for a linter.
 *
 *   tsx test/infra/templates-main.ts DIRECTORY
 */
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { readDeployConfig } from '../../infra/config.ts';
import { KiteStack } from '../../infra/stacks/kite.ts';
import { makeBundles } from './bundles.ts';
import { choices } from './choices.ts';
import { cdkContext, configText } from './configuration.ts';

const place = process.argv[2];
if (place === undefined) {
  throw new Error('Name the directory to write to.');
}
const bundles = makeBundles(join(place, 'bundles'));
const wanted = [
  { name: 'prod', changes: {} },
  { name: 'local', changes: {} },
  ...Object.values(choices).map((changes) => ({ name: 'prod', changes })),
];
for (const [index, { name, changes }] of wanted.entries()) {
  const app = new App({ context: cdkContext, outdir: join(place, String(index)) });
  const text = JSON.stringify({ ...(JSON.parse(configText(name)) as object), ...changes });
  new KiteStack(app, `kite-${name}`, { config: readDeployConfig(text, name), bundles });
  app.synth();
}
