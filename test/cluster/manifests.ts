import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { findAssets } from './assets.ts';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the object it looks at
  readonly [field: string]: any;
}

/** @throws Error that names the place for what is no YAML, or says a key twice */
function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors[0] !== undefined) {
      throw document.errors[0];
    }
    return document.toJS() as Manifest;
  });
}

/** The objects of one file. */
export function readManifests(path: string): Manifest[] {
  return parseManifests(readFileSync(path, 'utf8'));
}

/** What `kubectl kustomize` makes of a folder. */
export async function kustomize(folder: string): Promise<Manifest[]> {
  const assets = await findAssets();
  const { stdout } = await promisify(execFile)(join(assets ?? '', 'kubectl'), ['kustomize', folder], {
    maxBuffer: 16 * 1024 * 1024,
  });
  return parseManifests(stdout);
}
