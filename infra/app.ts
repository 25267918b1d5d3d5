/**
 * The app that `npx cdk` runs: the stack `kite-<config>` of `infra/config/<config>.json`.
 *
 *   npx cdk synth                     infra/config/prod.json
 *   npx cdk synth -c config=local     infra/config/local.json
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ConfigError } from '../core/config-error.ts';
import { readDeployConfig } from './config.ts';
import { KiteStack } from './stacks/kite.ts';

const app = new App();
const name = String(app.node.tryGetContext('config') ?? 'prod');
const bundles = String(app.node.tryGetContext('bundles') ?? join(import.meta.dirname, '../dist/functions'));
const file = join(import.meta.dirname, 'config', `${name}.json`);
try {
  const config = readDeployConfig(readFileSync(file, 'utf8'), name, process.env.DATABASE_URL);
  new KiteStack(app, `kite-${name}`, { config, bundles });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof ConfigError ? `${file} is wrong:\n${reason}\n` : `${reason}\n`);
  process.exit(1);
}
