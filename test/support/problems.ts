import { expect } from 'vitest';
import { ConfigError } from '../../core/config-error.ts';

/** What is wrong with a configuration, as whoever reads it is told; none when it can be read. */
export function problemsIn(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) {
      expect(error.message).toBe(error.problems.join('\n'));
      return error.problems;
    }
    throw error;
  }
  return [];
}
