import type { CommandSpec } from '../command.ts';

export const contextCommands: readonly CommandSpec[] = [
  {
    name: 'login',
    args: '<address>',
    about: 'remember a server, and who you are there, and make it the current one',
    more: 'Asks the server first. With --kube the way to the token is kept, and it is got anew for every call; so is the path with --token-file. A token that is piped in is kept in the file, which nobody else may read. -n is remembered as well.',
    options: [{ flags: '--name <name>', about: 'what to call it; its host when absent' }],
    examples: [
      ['login http://127.0.0.1:8080', 'the server on this machine'],
      ['login https://kite.example.com --kube -n team-a --name prod', "as the kubeconfig's user"],
      [
        '|pass show kite | kite login https://kite.example.com --token -',
        'with an API key, which no process list shows',
      ],
    ],
    load: () => import('./login.ts'),
  },
  {
    name: 'context list',
    about: 'list the servers that are remembered',
    examples: [['context list', 'which there are; * is the current one']],
    load: () => import('./list.ts'),
  },
  {
    name: 'context use',
    args: '<name>',
    about: 'make another one the current one',
    examples: [['context use prod', 'from now on']],
    load: async () => ({ run: (await import('./use.ts')).use }),
  },
  {
    name: 'context remove',
    args: '<name>',
    about: 'forget one, and its token',
    examples: [['context remove prod', 'it is not asked']],
    load: async () => ({ run: (await import('./use.ts')).remove }),
  },
];
