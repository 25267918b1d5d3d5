import type { CommandSpec } from '../command.ts';
import { duration, wholeNumber } from '../reading.ts';
import { filterOptions, pageOptions } from './filters.ts';

const withoutSearch = filterOptions.filter(({ flags }) => !flags.startsWith('--search'));

export const issueCommands: readonly CommandSpec[] = [
  {
    name: 'issues',
    alias: 'ls',
    about: 'list issues, active ones unless --state says otherwise',
    more: 'Newest first. A filter with several words, separated by commas, means any of them; several filters must all match.\nOn a terminal the table fits its width; in a pipe nothing is cut, and -o json or yaml prints the list and nothing else.',
    options: [...filterOptions, ...pageOptions],
    examples: [
      ['issues', 'what fails now in your namespace'],
      ['issues -n team-a,team-b -s critical,major --sort severity', 'of two namespaces, the worst first'],
      [
        'issues --state all --application shop --updated-since 1d',
        'what happened to an application since yesterday',
      ],
      ['issues --pipeline-run checkout-7f2kd -o json', 'what a run reported, for a program'],
      ['issues -A --limit 0 -o json | jq length', 'how many there are of all namespaces that you may see'],
    ],
    load: () => import('./list.ts'),
  },
  {
    name: 'list',
    about: "list issues as KITE's own command line does: twenty, of any state",
    hidden: true,
    options: [...filterOptions, ...pageOptions],
    examples: [
      ['list -n team-alpha', 'the newest twenty'],
      ['list -n team-alpha -t build -s critical --unresolved', 'active ones by type and severity'],
      ['list -n team-alpha -o json', 'as data'],
    ],
    load: async () => ({ run: (await import('./list.ts')).runLegacy }),
  },
  {
    name: 'search',
    args: '<words...>',
    about: 'find issues of any state by words in title, description or name',
    options: [...withoutSearch, ...pageOptions],
    examples: [
      ['search dependency', 'every issue that speaks of a dependency'],
      ['search "quay.io: 401" -u -n team-a', 'active ones of a namespace'],
    ],
    load: async () => ({ run: (await import('./list.ts')).runSearch }),
  },
  {
    name: 'show',
    args: '<id>',
    about: 'show everything of one issue: text, links, relations, timeline',
    more: 'The first 8 characters of an id are enough where they are of one issue of the namespace.',
    options: [
      {
        flags: '--events <number>',
        about: 'how much of the timeline; 10 when absent, 0 is all of it',
        read: wholeNumber(0, 100_000),
      },
    ],
    examples: [
      ['show 52e9f473', 'by the beginning of its id'],
      ['show 52e9f473-58dc-4f6d-88ee-06944b1d5dd9 -o yaml', 'as data, as the API answers it'],
    ],
    load: () => import('./get.ts'),
  },
  {
    name: 'details',
    args: '[id]',
    about: "the same as show, as KITE's own command line has it",
    hidden: true,
    options: [{ flags: '-i, --id <id>', about: 'the issue' }],
    examples: [['details -i 52e9f473-58dc-4f6d-88ee-06944b1d5dd9 -n team-alpha', 'one issue']],
    load: () => import('./get.ts'),
  },
  {
    name: 'resolve',
    args: '[ids...]',
    about: 'settle issues: what was known is over; a newer failure reopens them',
    options: [{ flags: '-i, --id <id>', about: 'the issue', hidden: true }],
    examples: [
      ['resolve 52e9f473', 'one'],
      ['resolve 52e9f473 0b1c2d3e -n team-a', 'several; one that fails does not stop the others'],
      [
        "|kite issues -r pipelinerun -o json | jq -r '.[].id' | xargs kite resolve",
        'all that a filter finds',
      ],
    ],
    load: async () => ({ run: (await import('./settle.ts')).resolve }),
  },
  {
    name: 'reopen',
    args: '<ids...>',
    about: 'make resolved issues active again',
    examples: [['reopen 52e9f473', 'it was not over']],
    load: async () => ({ run: (await import('./settle.ts')).reopen }),
  },
  {
    name: 'link',
    args: '<id> <url>',
    about: 'add a link to an issue',
    options: [{ flags: '--title <text>', about: 'what is behind it; the address when absent' }],
    examples: [
      ['link 52e9f473 https://jira.example.com/browse/KITE-1 --title "the ticket"', 'where it is worked on'],
    ],
    load: () => import('./link.ts'),
  },
  {
    name: 'open',
    args: '<id>',
    about: "open an issue's first link in the browser",
    options: [{ flags: '--print', about: 'print the address and open nothing' }],
    examples: [
      ['open 52e9f473', 'mostly the log of the run that failed'],
      ['open 52e9f473 --print', 'for another program'],
    ],
    load: () => import('./open.ts'),
  },
  {
    name: 'summary',
    about: 'count the issues of a namespace',
    options: [
      { flags: '-A, --all-namespaces', about: 'all namespaces that you may see' },
      { flags: '--cluster <name>', about: 'issues of this cluster' },
    ],
    examples: [
      ['summary', 'how many are active, by severity and type'],
      ["summary -n team-a -o json | jq '.active.bySeverity.critical'", 'one number, for a program'],
    ],
    load: () => import('./summary.ts'),
  },
  {
    name: 'watch',
    about: 'list active issues and keep the list fresh until Ctrl-C',
    more: 'On a terminal the list is drawn anew when something changes; in a pipe each change is a line, and it ends with its reader at the next one. A server that cannot be reached is tried again.',
    options: [
      ...filterOptions.filter(({ flags }) => !/^(-u|--state|--updated-since)/.test(flags)),
      { flags: '--every <duration>', about: 'how often it asks; 5s when absent', read: duration },
    ],
    examples: [
      ['watch', 'your namespace'],
      ['watch -n team-a -s critical | tee changes.log', 'what changes, line by line'],
    ],
    load: () => import('./watch.ts'),
  },
];
