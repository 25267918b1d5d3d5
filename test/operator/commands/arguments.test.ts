import { expect, test } from 'vitest';
import { readArguments, UsageError } from '../../../operator/commands/arguments.ts';

const read = (line: string, env: Record<string, string> = {}) =>
  readArguments(line === '' ? [] : line.split(' '), env);

const nowhere = { kubeconfig: undefined, context: undefined, config: undefined };

test.each([
  ['', { name: 'run', ...nowhere }],
  ['--kubeconfig a --context b --config c', { name: 'run', kubeconfig: 'a', context: 'b', config: 'c' }],
  ['--kubeconfig=a', { ...nowhere, name: 'run', kubeconfig: 'a' }],
  ['--once', { ...nowhere, name: 'once', isJson: false }],
  ['--once --json', { ...nowhere, name: 'once', isJson: true }],
  ['--dry-run', { ...nowhere, name: 'dry-run', isOnce: false, isJson: false }],
  ['--dry-run --once --json', { ...nowhere, name: 'dry-run', isOnce: true, isJson: true }],
  ['dead-letter list', { name: 'dead-letter', verb: 'list', which: 'all', isJson: false, config: undefined }],
  [
    'dead-letter show a1',
    { name: 'dead-letter', verb: 'show', which: ['a1'], isJson: false, config: undefined },
  ],
  [
    'dead-letter retry a1 b2 --config c',
    { name: 'dead-letter', verb: 'retry', which: ['a1', 'b2'], isJson: false, config: 'c' },
  ],
  [
    'dead-letter drop --all',
    { name: 'dead-letter', verb: 'drop', which: 'all', isJson: false, config: undefined },
  ],
  ['--help', { name: 'help' }],
  ['-h dead-letter', { name: 'help' }],
  ['--version', { name: 'version' }],
])('operator %s', (line, expected) => {
  expect(read(line)).toEqual(expected);
});

test('the environment may name the configuration, and an option wins', () => {
  expect(read('', { KITE_OPERATOR_CONFIG: 'e' })).toMatchObject({ config: 'e' });
  expect(read('--config c', { KITE_OPERATOR_CONFIG: 'e' })).toMatchObject({ config: 'c' });
  expect(read('dead-letter list', { KITE_OPERATOR_CONFIG: 'e' })).toMatchObject({ config: 'e' });
  expect(read('', { KITE_OPERATOR_CONFIG: '' })).toMatchObject({ config: undefined });
});

test.each([
  ['--foo', "Unknown option '--foo'."],
  ['--once=yes', "Option '--once' does not take an argument."],
  ['--kubeconfig', "Option '--kubeconfig <value>' argument missing."],
  ['--kubeconfig=', '--kubeconfig is empty.'],
  ['start', '"start" is not a command; the only one is dead-letter.'],
  ['--all', '--all stands only after dead-letter retry and drop.'],
  ['--json', '--json goes with --once, --dry-run and dead-letter.'],
  ['dead-letter', 'dead-letter needs a verb: list, show, retry, drop.'],
  ['dead-letter bury', '"bury" is not a verb of dead-letter: list, show, retry, drop.'],
  ['dead-letter list a1', 'dead-letter list lists all of them: it takes neither ids nor --all.'],
  ['dead-letter show', 'dead-letter show takes one id.'],
  ['dead-letter show a1 b2', 'dead-letter show takes one id.'],
  ['dead-letter retry', 'dead-letter retry takes ids, or --all.'],
  ['dead-letter drop a1 --all', 'dead-letter drop takes ids, or --all.'],
  ['dead-letter list --once', '--once does not go with dead-letter.'],
])('operator %s is refused in a sentence', (line, sentence) => {
  expect(() => read(line)).toThrow(new UsageError(sentence));
});
