import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { findAssets } from '../../cluster/assets.ts';
import type { Rule } from '../../cluster/client.ts';

export type { Rule };

export const DEPLOY = join(import.meta.dirname, '../../../operator/deploy');

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
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

/** The objects of one file below operator/deploy. */
export function readManifests(path: string): Manifest[] {
  return parseManifests(readFileSync(join(DEPLOY, path), 'utf8'));
}

/** All YAML files below operator/deploy, by their paths. */
export function manifestFiles(): string[] {
  return readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml'));
}

/** What `kubectl kustomize` makes of a folder. */
export async function kustomize(folder: string): Promise<Manifest[]> {
  const assets = await findAssets();
  const { stdout } = await promisify(execFile)(join(assets ?? '', 'kubectl'), ['kustomize', folder], {
    maxBuffer: 16 * 1024 * 1024,
  });
  return parseManifests(stdout);
}

/** One line for each verb on each resource, such as `list taskruns.tekton.dev`. */
export function permissions(rules: readonly Rule[]): readonly string[] {
  const all = rules.flatMap(({ apiGroups, resources, verbs, resourceNames = [''] }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) =>
          resourceNames.map((name) => {
            const full = group === '' ? resource : `${resource}.${group}`;
            return `${verb} ${full}${name === '' ? '' : ` ${name}`}`;
          }),
        ),
      ),
    ),
  );
  return all.sort();
}
