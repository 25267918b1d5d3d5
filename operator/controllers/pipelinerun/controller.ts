import type { Controller, ResourceKind } from '../../runtime/controller.ts';
import { pipelineRunName } from './about.ts';
import { needsTaskRuns, observe } from './observe.ts';
import { trimRun } from './run.ts';
import type { PipelineRunSettings } from './settings.ts';
import { trimTaskRun } from './task-run.ts';

const pipelineRuns: ResourceKind = {
  group: 'tekton.dev',
  version: 'v1',
  plural: 'pipelineruns',
  kind: 'PipelineRun',
};

const taskRuns: ResourceKind = { group: 'tekton.dev', version: 'v1', plural: 'taskruns', kind: 'TaskRun' };

/** No label, by which TaskRuns name their run, is longer: the API server refuses to look for one. */
const longestLabel = 63;

/** Watches PipelineRuns; reads the TaskRuns of those that failed or are stuck. */
export function pipelineRunController(settings: PipelineRunSettings): Controller {
  return {
    name: pipelineRunName,
    watches: pipelineRuns,
    reads: [taskRuns],
    trim: trimRun,
    trimRead: trimTaskRun,
    async observe(subject, reader, now) {
      const { name, namespace } = subject.object.metadata;
      const canHaveTaskRuns = name.length <= longestLabel;
      const read =
        canHaveTaskRuns && needsTaskRuns(subject, settings, now)
          ? await reader.list(taskRuns, namespace, `tekton.dev/pipelineRun=${name}`)
          : [];
      return observe(subject, read, settings, now);
    },
  };
}
