import { join } from 'node:path';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { isRecord, readIfThere, writePrivate } from './settings.ts';
import { parseYaml } from './yaml.ts';

/** What KITE's own command line takes for its server when nothing is set. */
export const legacyUrl = 'http://localhost:8080/api/v1';

export function legacyPath({ home }: Io): string {
  return join(home, '.konflux-issues', 'config.yaml');
}

/** The address that KITE's own command line was given; undefined where it was given none. */
export async function readLegacyUrl(io: Io): Promise<{ url: string; from: string } | undefined> {
  const fromEnv = io.env.KONFLUX_API_URL;
  if (fromEnv !== undefined && fromEnv !== '') return { url: fromEnv, from: 'KONFLUX_API_URL' };
  const path = legacyPath(io);
  const text = readIfThere(path);
  if (text === null) return undefined;
  let value: unknown;
  try {
    value = await parseYaml(text);
  } catch {
    throw new Failure(`${path} cannot be read: it is no YAML; "config reset" writes it anew`);
  }
  const url = isRecord(value) ? value.api_url : undefined;
  return typeof url === 'string' && url !== '' ? { url, from: path } : undefined;
}

export async function writeLegacyUrl(io: Io, url: string): Promise<void> {
  const { stringify } = await import('yaml');
  await writePrivate(io, legacyPath(io), stringify({ api_url: url }));
}
