import type { CommandSpec } from '../command.ts';
import { UsageError } from '../failure.ts';
import { oneOf, when } from '../reading.ts';
import { isHttpUrl } from './ci.ts';

const severities = ['info', 'minor', 'major', 'critical'];
const types = ['build', 'test', 'release', 'dependency', 'pipeline'];

function address(text: string): string {
  if (isHttpUrl(text)) return text;
  throw new UsageError(`${JSON.stringify(text)} is no http or https address`);
}

function label(text: string): string {
  if (/^[^=]+=/.test(text)) return text;
  throw new UsageError(`${JSON.stringify(text)} is no label of the form key=value`);
}

export const reportCommands: readonly CommandSpec[] = [
  {
    name: 'report',
    args: '[outcome]',
    about: 'tell Kite that something failed or passed, from a CI job or by hand',
    more: [
      'The outcome is fail or pass. What a CI calls it is taken too, such as "$CI_JOB_STATUS": a run that was cancelled or skipped reports nothing.',
      'A failure opens an issue, or is counted on the one that is open; a pass closes it. --pipeline says what it is about, or --resource-type with --resource-name, or --component or --application alone.',
      'In GitLab CI and GitHub Actions the run, its log and its source are read from the environment. Said again of the same run, it counts once.',
      'With --file many are sent at once: JSON or NDJSON, each as POST /reports takes it. What is said by options fills in what a report leaves out: namespace, source, cluster, run.',
      'Exit codes: 0 Kite has it; 2 the command line is wrong; 3 it could not be sent, or some of it was rejected.',
    ].join('\n'),
    options: [
      { flags: '--file <path>', about: 'reports as JSON or NDJSON; - is standard input' },
      { flags: '--pipeline <name>', about: 'the pipeline; one name for each branch that fails for itself' },
      { flags: '--run <id>', about: "the run's name or uid; else that of the CI" },
      {
        flags: '--attempt <number>',
        about: 'which try of the run this is; else that of the CI. Each try counts for itself',
      },
      { flags: '--reason <text>', about: 'what went wrong; - is standard input, of which the end is kept' },
      { flags: '--title <text>', about: 'the issue in one line; one is made of the name when absent' },
      { flags: '--log-url <url>', about: 'where the log is; else that of the CI', read: address },
      {
        flags: '-s, --severity <severity>',
        about: `one of ${severities.join(', ')}; major when absent`,
        read: oneOf(severities),
        words: severities,
      },
      {
        flags: '-t, --type <type>',
        about: `one of ${types.join(', ')}; pipeline for a pipeline`,
        read: oneOf(types),
        words: types,
      },
      { flags: '-r, --resource-type <kind>', about: 'the kind of what it is about, such as component' },
      { flags: '--resource-name <name>', about: 'the name of what it is about' },
      { flags: '--application <name>', about: 'the application that it belongs to' },
      { flags: '--component <name>', about: 'the component that it belongs to' },
      { flags: '--label <key=value>', about: 'a label of the issue', read: label, repeats: true },
      {
        flags: '--observed-at <time>',
        about: 'when it was seen: a time, or how long ago; now when absent',
        read: when,
      },
      {
        flags: '--run-created-at <time>',
        about: 'when the run was created: an old run that ends late changes nothing then',
        read: when,
      },
      { flags: '--cluster <name>', about: "where it was seen; the server's own when absent" },
      { flags: '--source <name>', about: 'who reports; ci/gitlab, ci/github or cli when absent' },
      { flags: '--event-id <id>', about: 'makes the report distinct; made of run and outcome when absent' },
    ],
    examples: [
      ['report fail --pipeline checkout@main --reason "unit tests failed"', 'in a CI job'],
      [
        'report "$CI_JOB_STATUS" --pipeline checkout@main',
        'in after_script of GitLab, whichever way it ended',
      ],
      ['report pass --pipeline checkout@main --run 4711', 'closes what is open of that pipeline'],
      [
        '|tail -c 4000 build.log | kite report fail --component api -t build --reason -',
        'the end of a log as the reason',
      ],
      ['report --file results.ndjson --run 4711', 'what a test run found, all at once'],
    ],
    load: () => import('./send.ts'),
  },
];
