import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './postgres.ts';

const writes = 20;

/** How long this disk takes to keep 8 KB, in milliseconds: the median, where Postgres keeps its data. */
export async function commitLatency(): Promise<number> {
  const folder = await temporaryFolder();
  try {
    const file = await open(join(folder, 'page'), 'w');
    const times: number[] = [];
    try {
      for (let index = 0; index < writes; index += 1) {
        const started = performance.now();
        await file.write(Buffer.alloc(8192, index), 0, 8192, 0);
        await file.datasync();
        times.push(performance.now() - started);
      }
    } finally {
      await file.close();
    }
    return times.sort((a, b) => a - b)[writes / 2] ?? 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
