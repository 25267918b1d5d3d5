import type postgres from 'postgres';

/**
 * Waits for a statement, and cancels it when it has not ended in time. One that was never sent is never
 * sent then; of one that runs, the outcome is awaited, which the server's own time-out bounds.
 *
 * @param patience milliseconds
 */
export async function within<T extends readonly (object | undefined)[]>(
  statement: postgres.PendingQuery<T>,
  patience: number,
): Promise<T> {
  const timer = setTimeout(() => statement.cancel(), patience);
  try {
    return await statement;
  } finally {
    clearTimeout(timer);
  }
}
