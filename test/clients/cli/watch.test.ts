import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { component, freshNamespace, issueBody } from '../../support/bodies.ts';
import { useKite } from '../../support/kite.ts';
import { startServer } from '../../support/server.ts';
import { ended, useProgram } from './kite.ts';
import { hasTerminal, openTerminal, seen } from './terminal.ts';

const kite = useKite();
const program = useProgram();
const env = (namespace: string) => ({ KITE_URL: kite.server.url, KITE_NAMESPACE: namespace });
const often = ['watch', '--every', '1s'];

describe('in a pipe', () => {
  test('each change is a line, and the first signal ends it in good order', async () => {
    const namespace = freshNamespace();
    const first = await kite.create(issueBody(namespace, { ...component('first'), title: 'The first' }));
    const child = program.start(often, { env: env(namespace) });
    let printed = '';
    const done = ended(child);
    child.stdout?.on('data', (text: string) => {
      printed += text;
    });
    const until = async (words: RegExp): Promise<void> => {
      while (!words.test(printed)) {
        if (child.stdout === null) throw new Error('It prints nothing.');
        await once(child.stdout, 'data');
      }
    };
    await until(/ active +[0-9a-f]{8} +major +component\/first +The first\n/);
    const second = await kite.create(issueBody(namespace, { ...component('second'), title: 'The second' }));
    await until(/ opened .*The second\n/);
    await kite.post(`/issues/${first.id}/resolve`, {});
    await until(/ resolved .*The first\n/);
    await kite.post(`/issues/${first.id}/reopen`, {});
    await until(/ reopened .*The first\n/);
    await kite.create(issueBody(namespace, { ...component('second'), title: 'The second, again' }));
    await until(/ updated .*The second, again\n/);
    child.kill('SIGINT');
    const { code, stderr } = await done;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(printed.trimEnd().split('\n')).toHaveLength(5);
    expect(printed).toContain(second.id.slice(0, 8));
  });

  test('a server that goes away and comes back is waited for', async () => {
    const server = await startServer({ databaseUrl: kite.server.databaseUrl });
    const namespace = freshNamespace();
    await kite.create(issueBody(namespace));
    const child = program.start(often, { env: { KITE_URL: server.url, KITE_NAMESPACE: namespace } });
    const done = ended(child);
    if (child.stdout === null || child.stderr === null) throw new Error('It prints nothing.');
    await once(child.stdout, 'data');
    const complained = once(child.stderr, 'data');
    await server.close();
    expect(String((await complained)[0])).toContain('cannot reach');
    const port = new URL(server.url).port;
    const again = await startServer({ databaseUrl: kite.server.databaseUrl, env: { PORT: port } });
    try {
      const printed = once(child.stdout, 'data');
      await kite.create(issueBody(namespace, { ...component('later'), title: 'Seen later' }));
      expect(String((await printed)[0])).toContain('Seen later');
    } finally {
      child.kill('SIGTERM');
      expect((await done).code).toBe(0);
      await again.close();
    }
  });
});

describe.skipIf(!hasTerminal)('on a terminal', () => {
  test('the list is drawn anew, and Ctrl-C leaves the terminal as it was', async () => {
    const namespace = freshNamespace();
    await kite.create(issueBody(namespace, { ...component('first'), title: 'The first' }));
    const terminal = openTerminal(program, often, { columns: 80, rows: 12, env: env(namespace) });
    await terminal.until((printed) => printed.includes('The first'));
    const [before] = terminal.printed().split('The first');
    expect(before).toContain('\u001b[?1049h\u001b[?25l');
    expect(seen(before ?? '')).toContain(`${namespace}: 1 active`);
    await kite.create(issueBody(namespace, { ...component('second'), title: 'The second' }));
    await terminal.until((printed) => seen(printed).includes(': 2 active') && printed.includes('The second'));
    terminal.type('\u0003');
    const { code, printed } = await terminal.ended;
    expect(code).toBe(0);
    expect(printed.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  });

  test('what is longer than the terminal is counted', async () => {
    const namespace = freshNamespace();
    for (let index = 0; index < 9; index += 1)
      await kite.create(issueBody(namespace, component(`c-${index}`)));
    const terminal = openTerminal(program, often, { rows: 10, env: env(namespace) });
    const printed = await terminal.until((text) => text.includes('… and 4 more'));
    expect(seen(printed)).toContain(': 9 active');
    terminal.type('\u0003');
    expect((await terminal.ended).code).toBe(0);
  });

  test('a failure at the start leaves the terminal as it was', async () => {
    const terminal = openTerminal(program, often, {
      env: { KITE_URL: 'http://127.0.0.1:9', KITE_NAMESPACE: 'x' },
    });
    const { code, printed } = await terminal.ended;
    expect(code).toBe(3);
    expect(printed).not.toContain('\u001b[?1049h');
    expect(printed).toContain('kite: cannot reach');
  });
});
