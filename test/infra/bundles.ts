import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { operations } from '../../core/contract/operations.ts';

const others = ['database/migrate', 'database/key', 'scheduled/retention', 'scheduled/words'];

/** Bundles that do nothing, in `place`: a template says nothing of what is in them. */
export function makeBundles(place: string): string {
  for (const bundle of [...Object.keys(operations).map((id) => id.replace('.', '/')), ...others]) {
    mkdirSync(join(place, bundle), { recursive: true });
    writeFileSync(join(place, bundle, 'index.mjs'), `export const handler = async () => '${bundle}';\n`);
  }
  return place;
}
