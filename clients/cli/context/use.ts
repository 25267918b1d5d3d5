import type { Work } from '../command.ts';
import { UsageError } from '../failure.ts';
import { line } from '../output/plain.ts';
import { readSettings, writeSettings } from '../target/settings.ts';

export async function use(work: Work): Promise<void> {
  const [name = ''] = work.args;
  const settings = await readSettings(work.io);
  mustKnow(name, settings.contexts);
  await writeSettings(work.io, { ...settings, current: name });
  work.io.note(`From now on: ${line(name)} (${line(settings.contexts[name]?.url)})`);
}

export async function remove(work: Work): Promise<void> {
  const [name = ''] = work.args;
  const { current, contexts } = await readSettings(work.io);
  mustKnow(name, contexts);
  const { [name]: _, ...others } = contexts;
  await writeSettings(work.io, { current: current === name ? null : current, contexts: others });
  work.io.note(`Forgotten: ${line(name)}${current === name ? ', which was the current one' : ''}`);
}

function mustKnow(name: string, contexts: Readonly<Record<string, unknown>>): void {
  if (Object.hasOwn(contexts, name)) return;
  const known = Object.keys(contexts);
  throw new UsageError(
    `there is no context ${JSON.stringify(line(name))}; ${known.length === 0 ? 'none is remembered yet' : `there are ${known.map(line).join(', ')}`}`,
  );
}
