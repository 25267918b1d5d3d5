import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { component, failing, freshNamespace } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';
import { ended, useProgram } from './kite.ts';

const kite = useKite();
const program = useProgram();

const count = 10_000;
const batch = 500;
/** Kilobytes. */
const most = 100 * 1024;

let namespace = '';
let env: Record<string, string> = {};

beforeAll(async () => {
  namespace = freshNamespace();
  env = { KITE_URL: kite.server.url, KITE_NAMESPACE: namespace };
  const description = `The task build-container exited with 2. ${'x'.repeat(1000)}`;
  for (let from = 0; from < count; from += batch) {
    const reports = Array.from({ length: batch }, (_, index) =>
      failing(namespace, from + index, { ...component(`component-${from + index}`), description }),
    );
    await kite.reports(reports);
  }
}, 120_000);

/** Runs the program and looks at its memory as its output is read, slowly enough that it has to wait. */
async function measure(args: readonly string[]): Promise<{ lines: number; bytes: number; peak: number }> {
  const child = spawn(process.execPath, [program.path(), ...args], {
    env: program.env(env),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let lines = 0;
  let bytes = 0;
  let peak = 0;
  for await (const part of child.stdout) {
    const chunk = part as Buffer;
    bytes += chunk.length;
    lines += chunk.toString('latin1').split('\n').length - 1;
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0));
  }
  return { lines, bytes, peak };
}

const hasProc = process.platform === 'linux';

test.skipIf(!hasProc).each(['table', 'json', 'yaml'])(
  '10,000 issues are streamed within 100 MB as %s',
  async (format) => {
    const { lines, bytes, peak } = await measure(['issues', '--limit', '0', '-o', format]);
    expect(lines).toBeGreaterThan(count);
    expect(bytes).toBeGreaterThan(format === 'table' ? 500_000 : 10_000_000);
    expect(peak).toBeGreaterThan(10_000);
    expect(peak).toBeLessThan(most);
  },
  120_000,
);

test('all of them are there, each once', async () => {
  const { stdout } = await program.run(['issues', '--limit', '0', '-o', 'json'], { env });
  const ids = new Set(JSON.parse(stdout).map(({ id }: { id: string }) => id));
  expect(ids.size).toBe(count);
}, 120_000);

test('who acts goes on when nobody reads what it says', async () => {
  const own = freshNamespace();
  await kite.reports([failing(own, 0, component('a')), failing(own, 1, component('b'))]);
  const { data } = await kite.list({ namespace: own });
  const child = spawn(process.execPath, [program.path(), 'resolve', ...data.map(({ id }) => id)], {
    env: program.env({ ...env, KITE_NAMESPACE: own }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  const { code, stderr } = await ended(child);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect((await kite.list({ namespace: own, state: 'ACTIVE' })).total).toBe(0);
});

test('a reader that has had enough is no error', async () => {
  const child = spawn(
    '/bin/sh',
    ['-c', '"$0" "$1" issues --limit 0 | head -3', process.execPath, program.path()],
    { env: program.env(env), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let complained = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complained += text;
  });
  let printed = '';
  for await (const part of child.stdout.setEncoding('utf8')) printed += String(part);
  expect(printed.split('\n')).toHaveLength(4);
  expect(complained).toBe('');
});
