/** The operator's bench counts exactly what was written. What its figures are is for the bench itself to tell. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { describeWithCluster } from '../../cluster/suite.ts';

const root = join(import.meta.dirname, '../../..');

describeWithCluster('The bench of the operator', () => {
  test('loses nothing, counts exactly and says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kite-benched-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const json = join(folder, 'figures.json');
    const args = [
      '--import',
      'tsx',
      'test/bench/main.ts',
      'operator',
      '--quick',
      '--runs',
      '1',
      '--json',
      json,
    ];
    await promisify(execFile)(process.execPath, args, { cwd: root });
    const { failures, rows } = JSON.parse(await readFile(json, 'utf8'));
    expect(failures).toEqual([]);
    expect(rows.map(({ what, errors }: { what: string; errors: number }) => [what, errors])).toEqual([
      ['memory of the operator with nothing to watch', 0],
      ['first sync of 400 runs that have ended with 1,200 TaskRuns, until Kite has all', 0],
      ['memory of the operator meanwhile, at the most', 0],
      ['restart with nothing new, until it has looked at all runs, is ready and has nothing to send', 0],
      ['60 runs end within 3 s: from the write of the status to Kite’s 2xx', 0],
      ['400 runs end as fast as the API server takes it', 0],
      ['memory of the operator meanwhile: last third ÷ middle third', 0],
    ]);
  }, 180_000);
});
