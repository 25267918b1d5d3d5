import type { Controller } from '../../runtime/controller.ts';
import { type DeploymentSettings, observe } from './observe.ts';

/** Watches Deployments that do not become available; reads nothing else. */
export function deploymentController(settings: DeploymentSettings): Controller {
  return {
    name: 'deployment',
    watches: { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment' },
    reads: [],
    observe: async (subject, _reader, now) => observe(subject, settings, now),
  };
}
