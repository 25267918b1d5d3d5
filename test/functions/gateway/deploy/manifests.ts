import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, readManifests as readFile } from '../../../cluster/manifests.ts';

export const DEPLOY = join(import.meta.dirname, '../../../../functions/gateway/deploy');

/** The objects of one file below functions/gateway/deploy. */
export function readManifests(path: string): Manifest[] {
  return readFile(join(DEPLOY, path));
}

/** The text of one file there. */
export function readText(path: string): string {
  return readFileSync(join(DEPLOY, path), 'utf8');
}
