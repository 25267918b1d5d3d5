import type { CommandSpec } from '../command.ts';
import { UsageError } from '../failure.ts';
import { filterOptions } from '../issues/filters.ts';
import { duration } from '../reading.ts';

/** The filters that say what is checked; the others narrow it. */
const subjects = ['--pipeline-run', '--application', '--component', '--resource-name'];
const narrowing = [
  '--severity',
  '--type',
  '--resource-type',
  '--label',
  '--lifecycle',
  '--origin',
  '--cluster',
  '--all-namespaces',
];

const chosen = (names: readonly string[]) =>
  names.flatMap((name) => filterOptions.filter(({ flags }) => flags.match(/--[a-z-]+/)?.[0] === name));

/** A day, in milliseconds. */
const longest = 86_400_000;

function wait(text: string): number {
  const value = duration(text);
  if (value <= longest) return value;
  throw new UsageError('--wait is at most a day');
}

export const checkCommands: readonly CommandSpec[] = [
  {
    name: 'check',
    about: 'a gate for CI: fail when there are active issues',
    more: [
      'Say what is checked: --pipeline-run, --application, --component or --resource-name; all that is said must match.',
      'A run of which nobody has reported anything is neither good nor bad: --wait polls until some report of it is there.',
      'Exit codes: 0 nothing is found; 1 issues are found, and printed; 2 the command line is wrong; 3 Kite could not be asked, or no report of the run came in time.',
    ].join('\n'),
    options: [
      ...chosen(subjects),
      {
        flags: '--wait <duration>',
        about: 'how long to wait for the first report of the run: 5m',
        read: wait,
      },
      ...chosen(narrowing),
    ],
    formats: ['table', 'json', 'yaml', 'junit', 'markdown'],
    examples: [
      ['check --pipeline-run checkout-7f2kd --wait 5m', 'what this run reported and still fails'],
      ['check --application shop -s critical,major', 'whether an application may be released'],
      [
        'check --pipeline-run "$CI_PIPELINE_ID" --wait 5m -o junit > kite.xml',
        'as a test report, which GitLab shows in the merge request',
      ],
      ['check --application shop -o markdown > comment.md', 'as a comment of a merge request'],
    ],
    load: () => import('./check.ts'),
  },
];
