import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildOperator } from '../../../build.ts';
import { DEPLOY } from './manifests.ts';

const ROOT = join(DEPLOY, '../..');

let directory = '';
let inputs: readonly string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kite-bundle-'));
  inputs = await buildOperator(join(directory, 'built'));
  // Nothing but the folder may be needed.
  await cp(join(directory, 'built'), join(directory, 'app'), { recursive: true });
  await rm(join(directory, 'built'), { recursive: true });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function operator(...args: readonly string[]) {
  return promisify(execFile)(process.execPath, [join(directory, 'app/main.js'), ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory },
  });
}

test('the bundle runs outside of the checkout', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect((await operator('--version')).stdout).toBe(`${version}\n`);
});

test('it finds its LevelDB, and reads a kubeconfig', async () => {
  await mkdir(join(directory, 'journal'));
  await writeFile(join(directory, 'operator.yaml'), 'journal: {directory: journal}');
  const { stdout } = await operator('dead-letter', 'list', '--config', join(directory, 'operator.yaml'));
  expect(stdout).toBe('Kite has refused nothing.\n');
  expect(existsSync(join(directory, 'journal/CURRENT'))).toBe(true);
  await expect(operator('--once', '--dry-run', '--kubeconfig', 'none')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^The kubeconfig none cannot be read: ENOENT/),
  });
});

test('all that goes into the bundle is in the image’s context, and is copied', () => {
  const dockerfile = readFileSync(join(DEPLOY, 'Dockerfile'), 'utf8');
  const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(([, sources = '']) =>
    sources.split(' '),
  );
  const allowed = readFileSync(join(DEPLOY, 'Dockerfile.dockerignore'), 'utf8')
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  expect([...copied].sort()).toEqual([...allowed].sort());
  const own = inputs.filter((path) => !path.startsWith('node_modules/'));
  expect(own.length).toBeGreaterThan(50);
  for (const path of [...own, 'build.ts', 'package-lock.json']) {
    expect(
      copied.some((source) => path === source || path.startsWith(`${source}/`)),
      path,
    ).toBe(true);
  }
  // What is bundled is installed without scripts: none of it may need one.
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const packages = new Set(
    inputs.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  );
  const scripted = [...packages].filter((name) => lock.packages[name]?.hasInstallScript === true);
  // Its script only builds where there is no binary for the platform.
  expect(scripted).toEqual(['node_modules/classic-level']);
});
