import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';

/** Any constant does, as long as every version of Kite uses the same and no other lock has it: it is the name of the lock. */
const OWNER = 7_135_531;
/** How long the sessions of a killed process may take to be noticed by the server. */
const PATIENCE_MS = 3_000;

export interface Claim {
  release(): Promise<void>;
}

/**
 * Makes this process the one that may stop an embedded server: a second one, which adopted it, would stop it under the
 * first. The claim ends with the process, however that ends.
 * @returns undefined when another process has the claim
 */
export async function claimEmbedded(url: string): Promise<Claim | undefined> {
  const sql = postgres(url, {
    max: 1,
    max_lifetime: null,
    fetch_types: false,
    onnotice: () => undefined,
    connection: { application_name: 'kite owner' },
  });
  try {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await pause(50)) {
      const [row] = await sql<{ claimed: boolean }[]>`select pg_try_advisory_lock(${OWNER}) as claimed`;
      if (row?.claimed === true) {
        return { release: () => sql.end({ timeout: 1 }) };
      }
    }
  } catch (error) {
    await sql.end({ timeout: 0 });
    throw error;
  }
  await sql.end({ timeout: 0 });
  return undefined;
}
