/** The plugin's own tests, which need its Python environment and no LocalStack. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { describeWithLocalStack, python } from './suite.ts';

describeWithLocalStack('the plugin of LocalStack', () => {
  test('its Runtime API and its check of RDS tokens', async () => {
    const done = await promisify(execFile)(python ?? '', ['-m', 'unittest', 'discover', 'tests'], {
      cwd: join(import.meta.dirname, 'plugin'),
      env: { ...process.env, PYTHONPATH: '.', PYTHONDONTWRITEBYTECODE: '1' },
    });
    expect(done.stderr).toMatch(/^Ran \d\d+ tests/m);
    expect(done.stderr.trim()).toMatch(/OK$/);
  });
});
