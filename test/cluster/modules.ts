import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import type { Manifest } from './manifests.ts';

interface GoModule {
  readonly path: string;
  readonly version: string;
  /** What Go says of all of its files: others are refused. */
  readonly sum: string;
  /** The folder with its resource definitions. */
  readonly folder: string;
  /** How their files are called. */
  readonly file: (group: string, plural: string) => string;
}

const byGroup = (group: string, plural: string): string => `${group}_${plural}.yaml`;

/** Who publishes resource definitions that manifests of ours use, by the group of these. */
const modules: Readonly<Record<string, GoModule>> = {
  'monitoring.coreos.com': {
    path: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.85.0',
    sum: 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
    folder: 'example/prometheus-operator-crd',
    file: byGroup,
  },
  'postgresql.cnpg.io': {
    path: 'github.com/cloudnative-pg/cloudnative-pg',
    version: 'v1.27.0',
    sum: 'h1:mp0zlYO4vKAJmQdArWORWKr1lmB4Hj8JeBQGX5RBnpg=',
    folder: 'config/crd/bases',
    file: byGroup,
  },
  'tekton.dev': {
    path: 'github.com/tektoncd/pipeline',
    version: 'v1.6.0',
    sum: 'h1:A+D+jzOVl2QNl/yiNT7csVgBUy2wpz6K6+/D4q5lfss=',
    folder: 'config/300-crds',
    file: (_, plural) => `300-${plural.replace(/s$/, '')}.yaml`,
  },
};

/** Resource definitions that are taken from where they are published. */
export const published = [
  'servicemonitors.monitoring.coreos.com',
  'prometheusrules.monitoring.coreos.com',
  'clusters.postgresql.cnpg.io',
  'tasks.tekton.dev',
] as const;

/** The folder of a module in Go's own cache, into which it is downloaded once (4, 13 and 3 MB). */
async function download({ path, version, sum }: GoModule): Promise<string> {
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', `${path}@${version}`], {
    cwd: import.meta.dirname,
    env: { ...process.env, GOFLAGS: '-mod=mod', GOWORK: 'off' },
  });
  const found: { readonly Dir: string; readonly Sum: string } = JSON.parse(stdout);
  if (found.Sum !== sum) {
    throw new Error(`${path}@${version} is not what it was: ${found.Sum}`);
  }
  return found.Dir;
}

/**
 * Reads a definition as its module has it.
 *
 * @throws Error where there is neither Go's cache nor a way to the module
 */
export async function publishedDefinition(name: (typeof published)[number]): Promise<Manifest> {
  const [plural = '', ...rest] = name.split('.');
  const group = rest.join('.');
  const from = modules[group];
  if (from === undefined) {
    throw new Error(`no module is known that defines ${name}`);
  }
  const directory = await download(from);
  return parse(await readFile(join(directory, from.folder, from.file(group, plural)), 'utf8'));
}
