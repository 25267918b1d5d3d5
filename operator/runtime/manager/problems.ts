import type { ClusterFailure } from '../cluster/failure.ts';

/** Something that keeps a controller from seeing all it should, by a name that stays the same while it lasts. */
export interface Problem {
  /** Such as `pipelinerun: list pipelineruns.tekton.dev in team-a`. */
  readonly name: string;
  /** A sentence for the operator. */
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** What is wrong now: the same problem is kept once, with the time at which it began. */
export class Problems {
  readonly #clock: () => number;
  readonly #problems = new Map<string, Problem>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** @param failure undefined when it is well */
  note(name: string, failure: ClusterFailure | undefined): void {
    if (failure === undefined) {
      this.#problems.delete(name);
    } else {
      const since = this.#problems.get(name)?.since ?? this.#clock();
      this.#problems.set(name, { name, message: sentence(failure), since });
    }
  }

  list(): readonly Problem[] {
    return [...this.#problems.values()];
  }
}

/** Where, for the name of a problem. */
export function placeOf(namespace: string): string {
  return namespace === '' ? 'all namespaces' : namespace;
}

function sentence(failure: ClusterFailure): string {
  switch (failure.status) {
    case 401:
      return 'The API server does not accept the credentials.';
    case 403:
      return `A permission is missing: ${failure.message}.`;
    case 404:
      return 'The API server does not know this resource: is its definition installed?';
    default:
      return `The API server does not answer as it should: ${failure.message}.`;
  }
}
