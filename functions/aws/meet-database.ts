import { setTimeout as pause } from 'node:timers/promises';
import { KiteError } from '../../core/errors.ts';
import type { Database } from '../../db/client.ts';
import { asKiteError } from '../../db/failure.ts';

/**
 * Waits for a database that cannot be reached yet: a proxy that has just been made takes minutes to find its own.
 *
 * @param patience.longest milliseconds after which the last failure counts; 0: the first one does
 * @param patience.between milliseconds between two attempts
 */
export async function meetDatabase(
  sql: Database['sql'],
  patience: { readonly longest: number; readonly between: number },
): Promise<void> {
  for (const end = performance.now() + patience.longest; ; await pause(patience.between)) {
    try {
      await sql`select 1`;
      return;
    } catch (error) {
      const passing = asKiteError(error);
      if (!(passing instanceof KiteError) || performance.now() >= end) {
        throw error;
      }
    }
  }
}
