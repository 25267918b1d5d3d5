import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../../clients/cli/catalogue.ts';
import { useProgram } from './kite.ts';

const program = useProgram();
const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

async function script(shell: string, name = 'kite'): Promise<string> {
  const { code, stdout, stderr } = await program.run(['completion', shell], { name });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

/** What bash offers behind these words; the last one is what is being typed. */
function offered(source: string, words: readonly string[]): readonly string[] {
  const array = words.map((word) => `'${word}'`).join(' ');
  const { stdout, stderr } = spawnSync(
    'bash',
    [
      '--norc',
      '-c',
      `${source}\nCOMP_WORDS=(${array}); COMP_CWORD=${words.length - 1}; _kite; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

describe.skipIf(!has('bash'))('bash', () => {
  test('offers commands, their verbs, their options and the words of these', async () => {
    const source = await script('bash');
    const commands = catalogue.flatMap(({ name, hidden }) =>
      hidden === true ? [] : [name.split(' ')[0] ?? ''],
    );
    expect(new Set(offered(source, ['kite', '']))).toEqual(new Set(commands));
    expect(offered(source, ['kite', 'iss'])).toEqual(['issues']);
    expect(offered(source, ['kite', 'keys', ''])).toEqual(['create', 'list', 'revoke']);
    expect(offered(source, ['kite', '-n', 'keys', 'context', ''])).toEqual(['list', 'use', 'remove']);
    expect(offered(source, ['kite', 'issues', '--sev'])).toEqual(['--severity']);
    expect(offered(source, ['kite', 'issues', '-s', ''])).toEqual(['info', 'minor', 'major', 'critical']);
    expect(offered(source, ['kite', 'issues', '-o', 'j'])).toContain('json');
    expect(offered(source, ['kite', 'issues', '--namespace', 'i'])).toEqual([]);
    expect(offered(source, ['kite', 'keys', 'list', '--no'])).toEqual(['--no-color']);
    expect(offered(source, ['kite', 'completion', ''])).toEqual(['bash', 'zsh', 'fish']);
  });

  test('is read by bash under each name that the program has', async () => {
    for (const name of ['kite', 'kubectl-kite', 'konflux-issues']) {
      const source = await script('bash', name);
      expect(source).toContain(`complete -F _${name.replaceAll('-', '_')} ${name}`);
      expect(spawnSync('bash', ['-n'], { input: source, encoding: 'utf8' }).stderr).toBe('');
    }
  });
});

for (const shell of ['zsh', 'fish']) {
  if (!has(shell))
    console.warn(`There is no ${shell} here: its completion is NOT TESTED but for what it names.`);
  test.skipIf(!has(shell))(`${shell} reads its script`, async () => {
    const source = await script(shell);
    expect(spawnSync(shell, ['-n'], { input: source, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  test(`that of ${shell} names every command and option`, async () => {
    const source = await script(shell);
    for (const { name, options = [], hidden } of catalogue) {
      if (hidden === true) continue;
      for (const word of name.split(' ')) expect(source).toContain(word);
      for (const option of options) {
        if (option.hidden === true) continue;
        expect(source).toContain(/--([\w-]+)/.exec(option.flags)?.[1]);
      }
    }
  });
}
