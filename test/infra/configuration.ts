import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** What the CLI reads beside the app. */
export const cdkContext = (
  JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { readonly context: Record<string, unknown> }
).context;

/** A configuration as it is in the repository. */
export function configText(name: string): string {
  return readFileSync(join(ROOT, 'infra/config', `${name}.json`), 'utf8');
}
