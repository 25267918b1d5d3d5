import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended, type Program } from './kite.ts';

/** How a script ended, and what it left in its folder, by name. */
export interface Done {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Runs a script in a folder of its own, with `kite` on its path and nothing of the tests' environment. */
export async function runScript(
  program: Program,
  script: string,
  env: Readonly<Record<string, string>>,
  how: {
    readonly shell: string;
    readonly options?: readonly string[];
    /** What is in the folder before. */
    readonly files?: Readonly<Record<string, string>>;
  },
): Promise<Done> {
  const folder = await mkdtemp(join(tmpdir(), `kite-ci-${process.pid}-`));
  try {
    const bin = await mkdtemp(join(folder, '.bin-'));
    await symlink(program.path(), join(bin, 'kite'));
    for (const [name, text] of Object.entries(how.files ?? {})) await writeFile(join(folder, name), text);
    const child = spawn(how.shell, [...(how.options ?? []), '-c', script], {
      cwd: folder,
      env: { ...program.env(env), PATH: `${bin}:${process.env.PATH}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = await ended(child);
    const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
    const files = await Promise.all(
      names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]),
    );
    return { ...end, files: Object.fromEntries(files) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
