import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCli } from '../../../build.ts';
import manifest from '../../../package.json' with { type: 'json' };

let folder = '';
let inputs: readonly string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), `kite-bundle-${process.pid}-`));
  inputs = await buildCli(join(folder, 'dist'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('is one file that runs alone, under any name', async () => {
  const alone = join(folder, 'kite');
  await copyFile(join(folder, 'dist', 'kite.js'), alone);
  await chmod(alone, 0o755);
  const { stdout } = await promisify(execFile)(alone, ['--version'], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
  });
  expect(stdout).toBe(`${manifest.version}\n`);
  expect((await readFile(alone, 'utf8')).startsWith('#!/usr/bin/env node\n')).toBe(true);
});

test('carries nothing that makes it slow to start: of packages only these, and no forms', () => {
  const packages = new Set(
    inputs.flatMap((input) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []),
  );
  expect([...packages].sort()).toEqual(['commander', 'yaml']);
  expect(
    inputs.filter((input) => input.startsWith('core/') && !input.startsWith('core/contract/client')),
  ).toEqual([...['core/errors.ts', 'core/contract/operation.ts']]);
});

test('package.json gives it the names that people type', () => {
  expect(manifest.bin).toEqual(
    Object.fromEntries(
      ['kite', 'kubectl-kite', 'konflux-issues', 'kubectl-issues'].map((name) => [name, 'dist/cli/kite.js']),
    ),
  );
});
