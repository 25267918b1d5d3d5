import type * as z from 'zod/mini';
import type { Controller } from '../runtime/controller.ts';
import { deploymentController } from './deployment/controller.ts';
import { deploymentSettings } from './deployment/observe.ts';
import { pipelineRunController } from './pipelinerun/controller.ts';
import { pipelineRunSettings } from './pipelinerun/settings.ts';
import type { Surroundings } from './settings.ts';

/** A controller that the configuration may switch on. */
interface Kind<Own> {
  /** What it alone is told; every part of it has a default. */
  readonly settings: z.ZodMiniType<Own>;
  readonly create: (settings: Surroundings & Own) => Controller;
}

function kind<Own>(settings: z.ZodMiniType<Own>, create: Kind<Own>['create']): Kind<Own> {
  return { settings, create };
}

/** All controllers there are, by the name that stands in the configuration, metrics and reports. */
export const controllers = {
  pipelinerun: kind(pipelineRunSettings, pipelineRunController),
  deployment: kind(deploymentSettings, deploymentController),
} as const;
