/** The bench runs from its command line to its figures. What the figures are is for the bench itself to tell. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function bench(...args: readonly string[]): Promise<Ended & { readonly pid: number | undefined }> {
  const started = promisify(execFile)(process.execPath, ['--import', 'tsx', 'test/bench/main.ts', ...args], {
    cwd: root,
  });
  const { pid } = started.child;
  return started.then(
    ({ stdout, stderr }) => ({ pid, code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: Ended) => ({ pid, code, stdout, stderr }),
  );
}

test('a storm loses nothing, and its figures are shown and written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kite-benched-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const json = join(folder, 'figures.json');

  const { pid, code, stdout, stderr } = await bench('storm', '--quick', '--runs', '1', '--json', json);

  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('failed') });
  expect(JSON.parse(await readFile(json, 'utf8'))).toMatchObject({
    runs: 1,
    quick: true,
    failures: [],
    rows: [
      {
        scenario: 'storm',
        what: '600 reports on 20 pipelines, 64 callers, every 20th cut off first',
        unit: 'req/s',
        values: [expect.any(Number)],
        p99: [expect.any(Number)],
        errors: 0,
        notes: ['30 requests were cut off by the client and sent again'],
      },
    ],
  });
  expect(stdout).toContain('nothing lost, as the model, no 5xx');
  const left = (await readdir(tmpdir())).filter((name) => name.startsWith(`kite-bench-${pid}-`));
  expect(left).toEqual([]);
}, 60_000);

test.each([
  [['strom'], 'There is no scenario strom; there are ingest'],
  [['--runs', '0'], '--runs 0 is not a number from 1 to 99.'],
  [['--against', 'kite'], '--against kite is not an http or https URL.'],
  [['--fast'], "Unknown option '--fast'"],
])('%j is not understood', async (args, sentence) => {
  const { code, stdout, stderr } = await bench(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(sentence);
  expect(stderr).toContain('npm run bench -- ingest');
});
