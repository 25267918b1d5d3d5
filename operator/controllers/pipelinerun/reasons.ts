import type { Cause } from './cause.ts';

/** What it means that a run ended with a reason other than success. */
export interface Meaning {
  /** `stopped`: somebody wanted it so. `catastrophic`: usually no task ever ran. `controller`: Tekton itself failed. */
  readonly is: 'stopped' | 'failed' | 'timed-out' | 'catastrophic' | 'controller';
  /** What happened, as the end of a sentence; empty where the tasks have to say it. */
  readonly words: string;
  /** `message`: the message has to say it. */
  readonly cause: Cause | 'message';
}

const stopped: Meaning = { is: 'stopped', words: 'somebody stopped it', cause: 'unknown' };
const invalid = (words: string): Meaning => ({ is: 'catastrophic', words, cause: 'user' });
const unclear = (words: string): Meaning => ({ is: 'catastrophic', words, cause: 'message' });

const meanings: Readonly<Record<string, Meaning>> = {
  Cancelled: stopped,
  CancelledRunFinally: stopped,
  StoppedRunFinally: stopped,
  TaskRunCancelled: stopped,

  Failed: { is: 'failed', words: '', cause: 'message' },
  PipelineRunTimeout: { is: 'timed-out', words: 'it ran longer than its timeout', cause: 'unknown' },

  CouldntGetPipeline: unclear('its pipeline could not be fetched'),
  CouldntGetTask: unclear('one of its tasks could not be fetched'),
  PipelineValidationFailed: invalid('its pipeline is not valid'),
  PipelineInvalidGraph: invalid('its tasks wait for each other, or for one that is not there'),
  InvalidPipelineResourceBindings: invalid('its resources are not those that its pipeline declares'),
  InvalidWorkspaceBindings: invalid('its workspaces are not those that its pipeline declares'),
  InvalidTaskRunSpecs: invalid('its settings for tasks name one that its pipeline does not have'),
  ParameterTypeMismatch: invalid('a parameter is not of the type that its pipeline declares'),
  ParameterMissing: invalid('a parameter is missing that its pipeline needs'),
  ObjectParameterMissKeys: invalid('a parameter lacks keys that its pipeline needs'),
  ParamArrayIndexingInvalid: invalid('it asks for more elements than a parameter has'),
  InvalidMatrixParameterTypes: invalid('a matrix is given parameters of the wrong type'),
  InvalidTaskResultReference: invalid('it uses the result of a task that gives no such result'),
  InvalidPipelineResultReference: invalid('its pipeline promises a result that no task gives'),
  RequiredWorkspaceMarkedOptional: invalid('a task needs a workspace that its pipeline calls optional'),
  ResourceVerificationFailed: invalid('the signature of its pipeline or of a task could not be verified'),
  CreateRunFailed: unclear('one of its tasks could not be created'),
  CELEvaluationFailed: invalid('a CEL expression could not be evaluated'),
  InvalidParamValue: invalid('a parameter has a value that its pipeline does not allow'),
  CouldntGetPipelineResult: invalid('a result that its pipeline promises could not be had from its tasks'),

  PipelineRunCouldntCancel: { is: 'controller', words: 'Tekton could not cancel it', cause: 'platform' },
  PipelineRunCouldntTimeOut: { is: 'controller', words: 'Tekton could not time it out', cause: 'platform' },
};

/** What a reason means; one that nobody knows means that the run failed. */
export function meaningOf(reason: string): Meaning {
  return (Object.hasOwn(meanings, reason) ? meanings[reason] : undefined) ?? unknownMeaning;
}

const unknownMeaning: Meaning = { is: 'failed', words: '', cause: 'message' };
