/** Whether requests can be served. */
export interface Readiness {
  /** From now on the database is what decides. */
  serve(): void;
  /** From now on it is never ready again. */
  stop(): void;
  /** A sentence for each thing that keeps requests from being served; none: ready. */
  problems(): Promise<readonly string[]>;
}

/**
 * Ready while it serves and the database answers.
 *
 * @param look null when the database does not answer
 */
export function createReadiness(look: () => Promise<object | null>): Readiness {
  let phase: 'starting' | 'serving' | 'stopping' = 'starting';
  return {
    serve: () => {
      phase = phase === 'starting' ? 'serving' : phase;
    },
    stop: () => {
      phase = 'stopping';
    },
    async problems() {
      if (phase !== 'serving') {
        return [phase === 'starting' ? 'Kite is starting.' : 'Kite is stopping.'];
      }
      return (await look()) === null ? ['The database does not answer.'] : [];
    },
  };
}
