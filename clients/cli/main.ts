import { homedir } from 'node:os';
import manifest from '../../package.json' with { type: 'json' };
import { run } from './run.ts';

const [, called = 'kite', ...args] = process.argv;
void run(called, args, manifest.version, homedir()).then((code) => {
  process.exitCode = code;
});
