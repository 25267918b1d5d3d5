import * as z from 'zod/mini';
import type { Observation, Subject } from '../../runtime/controller.ts';
import { condition, list, metadata, part, timeOf } from '../lenient.ts';
import { failing, passing } from '../report.ts';
import { duration, type Surroundings } from '../settings.ts';

export const deploymentSettings = z.strictObject({
  /** How long a Deployment may be without enough pods before that is an issue. Ten minutes when absent. */
  unavailableAfter: z._default(duration, 600_000),
});
export type DeploymentSettings = Surroundings & z.output<typeof deploymentSettings>;

const deployment = part({ metadata, status: part({ conditions: list(condition) }) });

/** A Deployment fails while it is not available for longer than it may be; it passes when it is, or is gone. */
export function observe(subject: Subject, settings: DeploymentSettings, now: number): Observation {
  const { metadata: of, status } = deployment.parse(subject.object);
  const available = status.conditions.find(({ type }) => type === 'Available');
  const about = (observedAt: number, event: string) => ({
    controller: 'deployment',
    namespace: of.namespace ?? '',
    issueType: 'release' as const,
    resourceType: 'deployment',
    resourceName: of.name ?? '',
    observedAt,
    eventId: `${of.uid}/${event}`,
    selectable: of.labels,
  });
  if (subject.isDeleted) {
    const gone = about(timeOf(of.deletionTimestamp) ?? now, 'deleted');
    return { reports: [passing(gone, settings)], reason: 'was deleted' };
  }
  const since = timeOf(available?.lastTransitionTime);
  if (available === undefined || since === undefined) {
    return { reports: [], reason: 'does not say yet whether it is available' };
  }
  const seen = about(since, `Available/${available.status}/${since}`);
  if (available.status === 'True') {
    return { reports: [passing(seen, settings)], reason: 'is available' };
  }
  const again = since + settings.unavailableAfter - now;
  if (again > 0) {
    return { reports: [], reason: 'is not available yet', again };
  }
  const title = `Deployment ${of.name} does not become available`;
  const description = `${available.message ?? 'It has too few pods.'} (${available.reason ?? 'no reason'})`;
  const report = failing(seen, { title, description, severity: 'major' }, settings);
  return { reports: [report], reason: 'is not available' };
}
