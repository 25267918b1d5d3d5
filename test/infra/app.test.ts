/** The app as the CLI runs it: with real bundles, and with the rules of cdk-nag. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, aws_sqs as sqs, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { functionsBuild } from '../../build.ts';
import { operations } from '../../core/contract/operations.ts';
import { cdkContext } from './configuration.ts';

// An app that is started takes half a minute where two others run beside it.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const ROOT = join(import.meta.dirname, '../..');
const place = mkdtempSync(join(tmpdir(), 'kite-app-'));
const bundles = join(place, 'bundles');

beforeAll(async () => {
  await build({ ...functionsBuild(), outdir: bundles });
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly said: string;
}

/** Without a network: what it looked up would fail. */
function synth(out: string, context: Readonly<Record<string, unknown>> = {}): Ended {
  try {
    execFileSync(process.execPath, ['--import', 'tsx', 'infra/app.ts'], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        CDK_OUTDIR: join(place, out),
        CDK_CONTEXT_JSON: JSON.stringify({ ...cdkContext, bundles, ...context }),
      },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { code: 0, said: '' };
  } catch (error) {
    const { status, stderr } = error as { readonly status: number; readonly stderr: string };
    return { code: status, said: stderr };
  }
}

const read = (out: string, file: string) => readFileSync(join(place, out, file), 'utf8');

it('makes the same template of the same code, and asks nobody', () => {
  expect(synth('first')).toEqual({ code: 0, said: '' });
  expect(synth('second', { config: 'prod' })).toEqual({ code: 0, said: '' });
  expect(read('second', 'kite-prod.template.json')).toBe(read('first', 'kite-prod.template.json'));
  expect(read('second', 'kite-prod.assets.json')).toBe(read('first', 'kite-prod.assets.json'));
  const { missing } = JSON.parse(read('first', 'manifest.json')) as { missing?: unknown };
  expect(missing).toBeUndefined();
});

it('puts the access configuration beside the bundle of each handler, and no other’s', () => {
  const assets = readdirSync(join(place, 'first')).filter((name) => name.startsWith('asset.'));
  const files = assets.map((name) =>
    readdirSync(join(place, 'first', name))
      .sort()
      .join(' '),
  );
  expect(files.filter((names) => names === 'access.json index.mjs')).toHaveLength(
    Object.keys(operations).length,
  );
});

it('makes the configuration without a database of its own', () => {
  expect(synth('local', { config: 'local' })).toEqual({ code: 0, said: '' });
});

it('says what is wrong in words', () => {
  const unknown = synth('unknown', { config: 'production' });
  expect(unknown.code).toBe(1);
  expect(unknown.said).toMatch(/infra\/config\/production\.json/);
  expect(unknown.said).not.toMatch(/^ {4}at /m);
  const unbuilt = synth('unbuilt', { bundles: join(place, 'nowhere') });
  expect(unbuilt.code).toBe(1);
  expect(unbuilt.said).toMatch(/There is no bundle .*: run npx tsx build\.ts functions/);
});

it('is judged by rules that do find something', () => {
  const app = new App({ context: cdkContext, outdir: join(place, 'judged') });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  new sqs.Queue(new Stack(app, 'Judged'), 'WithoutLetters');
  expect(() => app.synth()).toThrow(/AwsSolutions-SQS3/);
});
