import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { access, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { homedir, machine } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SOURCES = join(import.meta.dirname, 'assets');
/** Go's command, 1.26 or newer. */
const GO = 'go';
const NAMES = ['etcd', 'kube-apiserver', 'kubectl'];

/** The directory with etcd, kube-apiserver and kubectl, or undefined where they must be built first. */
export async function findAssets(): Promise<string | undefined> {
  for (const directory of [process.env.KUBEBUILDER_ASSETS ?? '', cacheDirectory()]) {
    if (directory !== '' && (await canRun(join(directory, 'kube-apiserver')))) {
      return directory;
    }
  }
  return undefined;
}

/** Whether Go is installed, so that the assets could be built. */
export async function hasGo(): Promise<boolean> {
  return promisify(execFile)(GO, ['version']).then(
    () => true,
    () => false,
  );
}

/**
 * Builds the assets into the user's cache folder: on two cores 3.5 to 7 minutes the first time, 88 MiB of Go modules
 * included, and 7 seconds while Go's own cache is warm. It needs 1.6 GiB of memory.
 *
 * @param print takes what Go says
 * @returns their directory
 */
export async function buildAssets(print: 'inherit' | 'ignore'): Promise<string> {
  const directory = cacheDirectory();
  await mkdir(directory, { recursive: true });
  const made = join(directory, `kite-cluster.${process.pid}`);
  try {
    await compile(made, print);
    await rename(made, join(directory, 'kite-cluster'));
  } finally {
    await rm(made, { force: true });
  }
  for (const name of NAMES) {
    const link = join(directory, name);
    await rm(link, { force: true });
    await symlink('kite-cluster', link);
  }
  return directory;
}

/** Without DWARF the work, Go's cache and the binary are all smaller: 115 MiB. */
function compile(output: string, print: 'inherit' | 'ignore'): Promise<void> {
  const version = kubernetesVersion();
  const stamp = 'k8s.io/component-base/version';
  // The API server calls itself v0.0.0-master otherwise.
  const linked = [
    `-X ${stamp}.gitVersion=v${version.join('.')}`,
    `-X ${stamp}.gitMajor=${version[0]}`,
    `-X ${stamp}.gitMinor=${version[1]}`,
  ];
  const flags = ['-trimpath', '-buildvcs=false', '-mod=readonly', '-gcflags=all=-dwarf=false'];
  const build = spawn(GO, ['build', ...flags, `-ldflags=-s -w ${linked.join(' ')}`, '-o', output, '.'], {
    cwd: SOURCES,
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: ['ignore', print, print],
  });
  return new Promise((resolve, reject) => {
    build.once('error', reject);
    build.once('exit', (code, signal) => {
      if (code === 0) {
        resolve();
      } else {
        reject(new Error(`go build ended with ${signal ?? `code ${code}`}`));
      }
    });
  });
}

/** `<cache>/kube-assets/<version>-<digest of the sources>-<machine>`: other sources are built anew. */
function cacheDirectory(): string {
  const cache = process.env.XDG_CACHE_HOME;
  const root = cache === undefined || cache === '' ? join(homedir(), '.cache') : cache;
  const digest = createHash('sha256');
  for (const name of readdirSync(SOURCES).sort()) {
    digest.update(`${name}\n`).update(readFileSync(join(SOURCES, name)));
  }
  const key = `v${kubernetesVersion().join('.')}-${digest.digest('hex').slice(0, 12)}-${machine()}`;
  return join(root, 'kube-assets', key);
}

function kubernetesVersion(): readonly string[] {
  const found = /^\tk8s\.io\/kubernetes v(\d+)\.(\d+)\.(\d+)$/m.exec(
    readFileSync(join(SOURCES, 'go.mod'), 'utf8'),
  );
  if (found === null) {
    throw new Error('go.mod does not name a version of k8s.io/kubernetes');
  }
  return found.slice(1);
}

async function canRun(path: string): Promise<boolean> {
  return (
    existsSync(path) &&
    (await access(path, constants.X_OK).then(
      () => true,
      () => false,
    ))
  );
}
