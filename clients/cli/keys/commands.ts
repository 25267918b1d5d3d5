import type { CommandSpec } from '../command.ts';
import { someOf, when } from '../reading.ts';

const rights = ['read', 'report', 'act', 'admin'];
const names = (text: string): string[] => text.split(',').filter((name) => name !== '');

export const keyCommands: readonly CommandSpec[] = [
  {
    name: 'keys create',
    args: '<name>',
    about: 'make an API key; it is printed this once',
    more: 'On standard output stands the key and nothing else. Give each caller its own, with an end, and no more than it needs.',
    options: [
      {
        flags: '--may <list>',
        about: `what it may do: any of ${rights.join(', ')}`,
        read: someOf(rights),
        words: rights,
      },
      {
        flags: '--for <list>',
        about: "the namespaces that it reaches; '*' stands for any characters",
        read: names,
      },
      {
        flags: '--cluster <list>',
        about: "the clusters that it reaches; your own when absent, '*' is all",
        read: names,
      },
      {
        flags: '--expires <time>',
        about: 'when it ends: a time, or how long it lives, such as 90d; never when absent',
        read: when,
      },
    ],
    examples: [
      ["keys create jenkins --may report --for 'team-*' --expires 90d", 'for a CI that reports'],
      ["keys create grafana --may read --for '*' > key.txt", 'for a reader of everything, into a file'],
    ],
    load: () => import('./create.ts'),
  },
  {
    name: 'keys list',
    about: 'list API keys, newest first, without their secrets',
    examples: [['keys list', 'who has one, and when it was used']],
    load: () => import('./list.ts'),
  },
  {
    name: 'keys revoke',
    args: '<id...>',
    about: 'revoke API keys: within seconds they let nobody in',
    examples: [['keys revoke 0a1b2c3d4e5f', 'by its id, which is no secret']],
    load: () => import('./revoke.ts'),
  },
];
