import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openJournal } from '../../operator/runtime/journal.ts';
import { makeWorkplace, type Workplace } from './program.ts';
import { countingTelemetry, recordingLog } from './runtime/watching.ts';

/** Each of some programs takes seconds to start where the machine is busy. */
vi.setConfig({ testTimeout: 120_000 });

let place: Workplace;
beforeEach(async () => {
  place = await makeWorkplace();
});
afterEach(() => place.close());

async function output(...args: readonly string[]) {
  const program = place.start(...args);
  const code = await program.ended;
  return { code, stdout: program.stdout(), stderr: program.stderr() };
}

test('--help says what there is, with examples', async () => {
  const { code, stdout, stderr } = await output('--help');
  expect([code, stderr]).toEqual([0, '']);
  for (const word of ['Usage', 'Examples', '--kubeconfig', '--once', '--dry-run', 'dead-letter retry']) {
    expect(stdout).toContain(word);
  }
});

test('what it does not understand is answered in a sentence, and with 2', async () => {
  expect(await output('--onse')).toEqual({
    code: 2,
    stdout: '',
    stderr: "Unknown option '--onse'.\noperator --help says what there is.\n",
  });
});

test('a wrong configuration is named whole, and nothing is begun', async () => {
  const path = join(place.directory, 'wrong.yaml');
  await writeFile(path, 'kite:\n  url: kite\ngrace: soon\n');
  expect(await output('--config', path, '--kubeconfig', 'none')).toEqual({
    code: 1,
    stdout: '',
    stderr: `The configuration is wrong:
  line 2: kite.url is not an http or https URL
  line 3: grace is not a span of time such as 90s, 30m, 2h or 7d
`,
  });
  expect(existsSync(join(place.directory, 'state'))).toBe(false);
});

/** A journal with letters that Kite refused, each on a subject of its own. */
async function refuse(directory: string, ...subjects: readonly string[]): Promise<void> {
  const journal = await openJournal({
    directory,
    telemetry: countingTelemetry().telemetry,
    log: recordingLog().log,
    clock: Date.now,
    random: Math.random,
  });
  await journal.append(
    subjects.map((subject) => ({
      controller: 'pipelinerun',
      outcome: 'failing',
      subject,
      eventId: `${subject}/Failed`,
      report: { title: `${subject} failed` },
    })),
  );
  const taken = await journal.take({ reports: 10, bytes: 1_000_000 }, () => false);
  const details = [{ path: 'title', message: 'is longer than 500 characters' }];
  for (const { id } of taken) {
    await journal.refused(id, {
      status: 200,
      code: 'invalid_report',
      message: 'It cannot be taken.',
      details,
    });
  }
  await journal.close();
}

test('dead letters are listed, shown, sent again and dropped', async () => {
  const directory = join(place.directory, 'journal');
  await refuse(directory, 'one', 'two', 'three');
  const config = await place.configure({ journal: { directory } });
  const ask = (...args: readonly string[]) => output('dead-letter', ...args, '--config', config);

  const { stdout: listed } = await ask('list');
  expect(listed).toMatch(/^id +refused +controller +outcome +subject\n/);
  expect(listed).toContain(
    '200 invalid_report: It cannot be taken.\n  title is longer than 500 characters\n',
  );
  const letters = JSON.parse((await ask('list', '--json')).stdout) as { id: string; subject: string }[];
  expect(letters.map(({ subject }) => subject).sort()).toEqual(['one', 'three', 'two']);
  const [first, second] = letters;
  const id = first?.id.slice(0, 12) ?? '';
  expect(listed).toContain(id);
  expect(JSON.parse((await ask('show', id)).stdout)).toMatchObject({
    subject: first?.subject,
    report: { title: `${first?.subject} failed` },
  });
  expect(await ask('retry', id)).toMatchObject({ code: 0, stdout: '1 report will be sent again.\n' });
  expect(await ask('retry', id)).toMatchObject({ code: 1, stdout: '0 reports will be sent again.\n' });
  expect(await ask('show', id)).toMatchObject({ code: 1, stderr: `There is no dead letter ${id}.\n` });
  expect(await ask('drop', second?.id ?? '')).toMatchObject({ code: 0, stdout: '1 report forgotten.\n' });
  expect(await ask('drop', '--all')).toMatchObject({ code: 0, stdout: '1 report forgotten.\n' });
  expect(await ask('list')).toMatchObject({ code: 0, stdout: 'Kite has refused nothing.\n' });
});

test('where there is no journal, a sentence says so', async () => {
  const config = await place.configure({ journal: { directory: 'nowhere' } });
  expect(await output('dead-letter', 'list', '--config', config)).toEqual({
    code: 1,
    stdout: '',
    stderr: `There is no journal in ${join(place.directory, 'nowhere')}.\n`,
  });
});
