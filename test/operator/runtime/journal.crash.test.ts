/** Killed at any moment, the operator loses nothing that the journal had kept, and sends nothing that was not said. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { reachDeadLetters } from '../../../operator/runtime/journal/control.ts';
import { startBrokenServer } from './broken-server.ts';
import { freshDirectory, journalIn, pendingIn } from './reporting.ts';

vi.setConfig({ testTimeout: 240_000 });

let place = '';
let main = '';
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'kite-journal-main-'));
  main = join(place, 'journal-main.mjs');
  await bundle(main);
});
afterAll(() => rm(place, { recursive: true, force: true }));

/** One file starts four times as fast as the sources do, and there are many starts. */
async function bundle(outfile: string): Promise<void> {
  const { resolve } = createRequire(import.meta.url);
  await build({
    entryPoints: [fileURLToPath(new URL('../../support/journal-main.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    banner: {
      js: `import { createRequire } from 'node:module';const require = createRequire(import.meta.url);`,
    },
    plugins: [
      {
        name: 'native',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^classic-level$/ }, ({ path }) => ({
            path: pathToFileURL(resolve(path)).href,
            external: true,
          })),
      },
    ],
  });
}

const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** Runs the child, and kills it when the callback has ended. Its lines go to a file, so that the last one is there too. */
async function run(
  args: readonly string[],
  whileRunning: (lines: () => readonly string[], child: ChildProcess) => Promise<void>,
  launcher: readonly string[] = [],
): Promise<{ readonly lines: readonly string[]; readonly kept: readonly string[] }> {
  const file = join(place, 'lines');
  const output = openSync(file, 'w');
  const [program = '', ...rest] = [...launcher, process.execPath, main, ...args];
  const child = spawn(program, rest, { stdio: ['ignore', output, 'ignore'] });
  closeSync(output);
  children.add(child);
  const closed = once(child, 'close');
  const lines = (): readonly string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);
  await until(() => lines().length > 0);
  await whileRunning(lines, child);
  child.kill('SIGKILL');
  await closed;
  children.delete(child);
  return { lines: lines(), kept: keptIn(lines()) };
}

const until = (condition: () => boolean | Promise<boolean>) =>
  vi.waitUntil(condition, { timeout: 60_000, interval: 2 });

function keptIn(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('kept ')).map((line) => line.slice('kept '.length));
}

it('holds exactly what it had kept, after each of many kills', async () => {
  const directory = await freshDirectory();
  const kept = new Set<string>();
  let pending: string[] = [];
  for (let round = 0; round < 20; round += 1) {
    const enough = 1 + ((round * 37) % 200);
    const result = await run([directory, `r${round}`], async (lines) => {
      await until(() => keptIn(lines()).length >= enough);
    });
    expect(result.lines[0]).toBe(`open ${pending.length}`);
    for (const eventId of result.kept) kept.add(eventId);
    const { journal, told } = await journalIn(directory);
    const before = pending;
    pending = await pendingIn(journal);
    await journal.close();
    // What was there is there in its order; what is new was said, since nobody else names things so.
    expect(pending.slice(0, before.length)).toEqual(before);
    const fresh = pending.slice(before.length);
    expect(fresh.every((eventId) => eventId.startsWith(`r${round}-`))).toBe(true);
    expect(new Set(pending).size).toBe(pending.length);
    expect([...kept].filter((eventId) => !pending.includes(eventId))).toEqual([]);
    // Eight are under way at a time: no more than these can be there without having been told.
    expect(pending.length - kept.size).toBeLessThanOrEqual(8 * (round + 1));
    expect(told.counts.get('journal_repairs')).toBeUndefined();
  }
});

it('delivers all that it had kept, whole, while it is killed in the middle of appending and sending', async () => {
  const directory = await freshDirectory();
  const server = await startBrokenServer();
  const kept = new Set<string>();
  for (let round = 0; round < 20; round += 1) {
    const enough = 20 + ((round * 53) % 300);
    // Some answers never arrive, though the server has taken the batch.
    server.answer = ({ number }, accept) => (number % 4 === round % 4 ? 'hang up' : accept());
    const { kept: more } = await run([directory, `r${round}`, server.url], async (lines) => {
      await until(() => keptIn(lines()).length >= enough);
    });
    for (const eventId of more) kept.add(eventId);
  }
  const { journal } = await journalIn(directory);
  const left = new Set(await pendingIn(journal));
  const received = new Set(server.reports.map(({ eventId }) => String(eventId)));
  expect([...kept].filter((eventId) => !received.has(eventId) && !left.has(eventId))).toEqual([]);
  for (const report of server.reports) {
    const serial = Number(/^r\d+-(\d+)$/.exec(String(report.eventId))?.[1]);
    expect(report).toEqual({
      eventId: report.eventId,
      subject: expect.stringMatching(/^lane-[0-7]$/),
      text: 'x'.repeat(serial % 3000),
    });
  }
  // Whatever one incarnation of the operator said of one subject arrived in the order in which it was said.
  const first = new Map<string, number>();
  for (const { eventId, subject } of server.reports) {
    const [round, serial] = String(eventId).slice(1).split('-').map(Number);
    const lane = `${round} ${subject}`;
    if (received.delete(String(eventId))) {
      expect(serial).toBeGreaterThan(first.get(lane) ?? 0);
      first.set(lane, serial ?? 0);
    }
  }
});

it('answers for its dead letters while it runs, and the journal does when it does not', async () => {
  const directory = await freshDirectory();
  const server = await startBrokenServer();
  server.answer = (_, accept) => accept(({ eventId }) => (eventId === 'r-3' ? 'refuse' : 'take'));
  let asked = 0;
  const open = async () => {
    asked += 1;
    return (await journalIn(directory)).journal;
  };
  await run([directory, 'r', server.url], async () => {
    const reached = await reachDeadLetters(directory, open);
    await until(async () => (await reached.deadLetters()).length > 0);
    const [letter] = await reached.deadLetters();
    expect(letter).toMatchObject({
      eventId: 'r-3',
      refusal: { code: 'invalid_request', message: 'Not this one.' },
    });
    expect(await reached.deadReport(letter?.id ?? '')).toMatchObject({ eventId: 'r-3' });
    expect(await reached.deadReport('nobody')).toBeNull();
    await expect(reached.retry([''])).resolves.toBe(0);
    const before = server.reports.filter(({ eventId }) => eventId === 'r-3').length;
    expect(await reached.retry([letter?.id ?? ''])).toBe(1);
    const again = () => server.reports.filter(({ eventId }) => eventId === 'r-3').length > before;
    await vi.waitUntil(again);
    await vi.waitUntil(async () => (await reached.deadLetters()).length > 0);
    await reached.close();
  });
  expect(asked).toBe(0);
  const direct = await reachDeadLetters(directory, open);
  expect(asked).toBe(1);
  expect(await direct.drop('all')).toBe(1);
  expect(await direct.deadLetters()).toEqual([]);
  await expect(reachDeadLetters(`${directory}/nowhere`, open)).rejects.toThrow('There is no journal in');
});

const isLinux = process.platform === 'linux';
it.runIf(isLinux)(
  'goes on in memory when the disk is full, and loses nothing once there is room',
  async () => {
    const directory = await freshDirectory();
    const { lines, kept } = await run([directory, 'r'], async (lines, child) => {
      await vi.waitUntil(() => keptIn(lines()).length >= 50);
      // A limit on the size of a file is a full disk that needs no rights to make: writes end in the middle.
      await limitFileSize(child, '20000');
      await until(() => lines().some((line) => line.startsWith('memory ')));
      await limitFileSize(child, 'unlimited');
      const since = lines().length;
      await until(() => keptIn(lines().slice(since)).length >= 50);
    });
    const memory = lines
      .filter((line) => line.startsWith('memory '))
      .map((line) => line.slice('memory '.length));
    expect(memory.length).toBeGreaterThan(0);
    const { journal } = await journalIn(directory);
    const pending = new Set(await pendingIn(journal));
    expect([...kept, ...memory].filter((eventId) => !pending.has(eventId))).toEqual([]);
  },
);

/** Runs a command that sees a disk of its own of 64 MB at a directory; it is gone with the command. */
const withSmallDisk = (directory: string): readonly string[] => [
  ...['unshare', '--map-root-user', '--mount', 'sh', '-c'],
  ...['mount -t tmpfs -o size=64m none "$0" && exec "$@"', directory],
];
const [unshare = '', ...smallDisk] = withSmallDisk(tmpdir());
const canMount = isLinux && spawnSync(unshare, [...smallDisk, 'true']).status === 0;
it.runIf(canMount)(
  'goes on in memory when a small disk has no byte left, and loses nothing once there is room',
  async () => {
    const [directory, after] = [await freshDirectory(), join(await freshDirectory(), 'after')];
    const { lines, kept } = await run(
      [directory, 'r'],
      async (told, child) => {
        const seen = `/proc/${child.pid}/root${directory}`;
        await until(() => keptIn(told()).length >= 50);
        fill(join(seen, 'other'));
        await until(() => told().filter((line) => line.startsWith('memory ')).length >= 50);
        await rm(join(seen, 'other'));
        const since = told().length;
        await until(() => keptIn(told().slice(since)).length >= 50);
        child.kill('SIGSTOP');
        await cp(seen, after, { recursive: true, filter: (path) => !path.endsWith('.sock') });
      },
      withSmallDisk(directory),
    );
    const memory = lines
      .filter((line) => line.startsWith('memory '))
      .map((line) => line.slice('memory '.length));
    const { journal, told } = await journalIn(after);
    const pending = new Set(await pendingIn(journal));
    expect([...kept, ...memory].filter((eventId) => !pending.has(eventId))).toEqual([]);
    expect(told.counts.get('journal_repairs')).toBeUndefined();
  },
);

/** Writes until the disk takes nothing more. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (const size of [2 ** 20, 2 ** 12, 1]) {
      expect(() => {
        for (;;) writeSync(file, Buffer.alloc(size));
      }).toThrow('ENOSPC');
    }
  } finally {
    closeSync(file);
  }
}

async function limitFileSize(child: ChildProcess, bytes: string): Promise<void> {
  const limit = spawn('/usr/bin/env', ['prlimit', '--pid', String(child.pid), `--fsize=${bytes}:`], {
    stdio: 'inherit',
  });
  const [code] = await once(limit, 'close');
  expect(code).toBe(0);
}
