import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigFile } from '../../../operator/config/file.ts';
import type { Config } from '../../../operator/config.ts';
import { until } from '../../cluster/until.ts';
import { recordingLog } from '../runtime/watching.ts';

const place = { isPod: false, journalDirectory: '/journal' };

let directory = '';
let over = new AbortController();
let following: Promise<void> = Promise.resolve();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kite-config-'));
  over = new AbortController();
});

afterEach(async () => {
  over.abort();
  await following;
  await rm(directory, { recursive: true, force: true });
});

/** The file under test as it is followed, with what was told of it. */
async function follow(path: string) {
  const file = await ConfigFile.open({ path, place, interval: 5 });
  const { log, lines } = recordingLog();
  const changes: Config[] = [];
  following = file.follow(log, over.signal, (config) => changes.push(config));
  return { file, lines, changes };
}

test('a change is taken over, whether the file is written or replaced', async () => {
  const path = join(directory, 'operator.yaml');
  await writeFile(path, 'grace: 1s');
  const { file, changes } = await follow(path);
  await writeFile(path, 'grace: 2s');
  await until('it is read', () => file.config.grace === 2_000);
  await writeFile(join(directory, 'new'), 'grace: 3s');
  await rename(join(directory, 'new'), path);
  await until('it is read', () => file.config.grace === 3_000);
  // Between opening and writing a file is empty for a moment, which is a configuration as well.
  expect(changes.map(({ grace }) => grace).filter((grace) => grace !== 20_000)).toEqual([2_000, 3_000]);
});

test('a ConfigMap, whose files are links into a folder that is a link itself, is followed through its swap', async () => {
  const version = async (name: string, text: string): Promise<void> => {
    await mkdir(join(directory, name));
    await writeFile(join(directory, name, 'operator.yaml'), text);
    await symlink(name, join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  };
  await version('..2026_1', 'grace: 1s');
  await symlink('..data/operator.yaml', join(directory, 'operator.yaml'));
  const { file, changes } = await follow(join(directory, 'operator.yaml'));
  await version('..2026_2', 'grace: 2s');
  await until('it is read', () => file.config.grace === 2_000);
  await rm(join(directory, '..2026_1'), { recursive: true });
  await version('..2026_3', 'grace: 3s');
  await until('it is read', () => file.config.grace === 3_000);
  expect(changes.map(({ grace }) => grace)).toEqual([2_000, 3_000]);
});

test('the old one counts while the new one is wrong, and what is wrong is said once', async () => {
  const path = join(directory, 'operator.yaml');
  const write = async (text: string): Promise<void> => {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  };
  await write('grace: 1s');
  const { file, lines, changes } = await follow(path);
  await write('grace: soon\nresync: never');
  await until('it is read', () => file.problem !== undefined);
  expect(file.problem).toBe(
    'line 1: grace is not a span of time such as 90s, 30m, 2h or 7d\nline 2: resync is not a span of time such as 90s, 30m, 2h or 7d',
  );
  expect(file.config.grace).toBe(1_000);
  await rm(path);
  await until('it is missed', () => file.problem?.includes('cannot be read'));
  expect(file.config.grace).toBe(1_000);
  await write('grace: 1s');
  await until('it is right again', () => file.problem === undefined);
  expect(changes).toEqual([]);
  const errors = lines.filter(({ level }) => level === 'error');
  expect(errors.map(({ fields }) => fields.problems)).toEqual([
    [expect.stringContaining('line 1: grace'), expect.stringContaining('line 2: resync')],
    [expect.stringContaining('cannot be read')],
  ]);
});

test('what says the same in other words is no change', async () => {
  const path = join(directory, 'operator.yaml');
  await writeFile(path, 'grace: 60s');
  const { file, changes } = await follow(path);
  await writeFile(`${path}.new`, '# in minutes\ngrace: 1m\n');
  await rename(`${path}.new`, path);
  await writeFile(`${path}.new`, 'grace: 2m');
  await rename(`${path}.new`, path);
  await until('it is read', () => file.config.grace === 120_000);
  expect(changes.map(({ grace }) => grace)).toEqual([120_000]);
});

test('without a file the defaults count, and without the file that was named nothing starts', async () => {
  const file = await ConfigFile.open({ path: undefined, place });
  await file.follow(recordingLog().log, over.signal, () => expect.unreachable());
  expect(file.config.journal.directory).toBe('/journal');
  await expect(ConfigFile.open({ path: join(directory, 'none'), place })).rejects.toThrow(
    /none cannot be read: ENOENT/,
  );
});
