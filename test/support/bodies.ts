import { randomUUID } from 'node:crypto';

/** A day ago, on a whole second: inside every horizon, and never in the future. */
const start = Math.floor(Date.now() / 1000) * 1000 - 86_400_000;

/** The moment so many seconds after a fixed one, as clients write it. */
export function at(seconds: number): string {
  return new Date(start + seconds * 1000).toISOString();
}

let namespaces = 0;
/** A namespace that no other test of the file uses. */
export function freshNamespace(): string {
  namespaces += 1;
  return `team-${namespaces}-tenant`;
}

/** The body of `POST /issues`: what the contract requires. */
export function issueBody(namespace: string, fields: object = {}) {
  return {
    title: 'Build of checkout failed',
    description: 'The task build-container exited with 2.',
    severity: 'major',
    issueType: 'build',
    namespace,
    scope: { resourceType: 'component', resourceName: 'checkout' },
    ...fields,
  };
}

/** A failing report of `POST /reports` with an id of its own. */
export function failing(namespace: string, seconds: number, fields: object = {}) {
  return {
    ...issueBody(namespace),
    outcome: 'failing',
    source: 'operator/pipelinerun',
    observedAt: at(seconds),
    eventId: randomUUID(),
    ...fields,
  };
}

/** A passing report of `POST /reports` with an id of its own, on the identity of `failing`. */
export function passing(namespace: string, seconds: number, fields: object = {}) {
  return {
    outcome: 'passing',
    namespace,
    issueType: 'build',
    scope: { resourceType: 'component', resourceName: 'checkout' },
    source: 'operator/pipelinerun',
    observedAt: at(seconds),
    eventId: randomUUID(),
    ...fields,
  };
}

/** The scope of a component by this name. */
export function component(resourceName: string) {
  return { scope: { resourceType: 'component', resourceName } };
}

/** A clock that never shows the same millisecond twice: reports without a time then never tie. */
export function tickingClock(): () => number {
  let last = 0;
  return () => {
    last = Math.max(last + 1, Date.now());
    return last;
  };
}
