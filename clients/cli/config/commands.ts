import type { CommandSpec } from '../command.ts';

/** What is set by those who come from KITE's own command line; the others have contexts. */
export const configCommands: readonly CommandSpec[] = [
  {
    name: 'config',
    about: "show where KITE's own command line looks for the server",
    more: 'It stands in ~/.konflux-issues/config.yaml as api_url. KONFLUX_API_URL wins over it.',
    hidden: true,
    examples: [['config', 'the address']],
    load: async () => ({ run: (await import('./legacy.ts')).show }),
  },
  {
    name: 'config set-api-url',
    args: '<url>',
    about: 'set that address',
    hidden: true,
    examples: [['config set-api-url http://localhost:8080/api/v1', 'a server on this machine']],
    load: async () => ({ run: (await import('./legacy.ts')).setApiUrl }),
  },
  {
    name: 'config reset',
    about: 'set that address back to the usual one',
    hidden: true,
    examples: [['config reset', 'http://localhost:8080/api/v1']],
    load: async () => ({ run: (await import('./legacy.ts')).reset }),
  },
];
