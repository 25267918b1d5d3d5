import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Rule } from '../../cluster/client.ts';
import { type Manifest, readManifests as readFile } from '../../cluster/manifests.ts';

export const DEPLOY = join(import.meta.dirname, '../../../operator/deploy');

/** The objects of one file below operator/deploy. */
export function readManifests(path: string): Manifest[] {
  return readFile(join(DEPLOY, path));
}

/** All YAML files below operator/deploy, by their paths. */
export function manifestFiles(): string[] {
  return readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.yaml'));
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
