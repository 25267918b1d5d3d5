import { fromPipelineFailure, fromPipelineSuccess } from '../../../core/contract/from-webhook.ts';
import { fromReportInput, type Reporting } from '../../../core/contract/to-report.ts';
import type { Report } from '../../../core/domain/report.ts';
import {
  type Facts,
  type FailureBody,
  failingInput,
  failureBody,
  namespaceOf,
  runOf,
  type SuccessBody,
  successBody,
} from './bodies.ts';
import { draw } from './draw.ts';
import type { LoadPlan } from './plan.ts';

/** One request, and what it amounts to. */
export interface Message {
  readonly method: string;
  readonly path: string;
  /** JSON. */
  readonly body: string | undefined;
  readonly isExpected: (status: number) => boolean;
  /** How many reports it carries. */
  readonly size: number;
  /** The reports that the server makes of it; empty for a read. */
  readonly translate: () => readonly Report[];
  /** Whether it is answered with the whole issue, and not with a result for each report. */
  readonly isSingle: boolean;
}

export interface Messages {
  /** Message number n, for n from 0. */
  readonly at: (n: number) => Message;
  /** How many numbers of reports a message takes: message n has those from n times this. */
  readonly span: number;
}

const noLogs = () => null;
/** Nothing of it shows in a report, since every message of ours says who it is and when it was seen. */
const reporting: Reporting = {
  received: 0,
  cluster: 'local',
  idempotencyKey: null,
  actor: null,
  newId: () => '',
};
/** The mix repeats after so many messages. */
const mixPeriod = 20;
/** Reports in a batch of the mix. */
const mixSpan = 10;

type FactsOf = (number: number, key: number) => Facts;

function wire(body: FailureBody | SuccessBody | ReturnType<typeof failingInput>): object {
  return { ...body, observedAt: new Date(body.observedAt ?? 0).toISOString() };
}

function failure(facts: Facts): Message {
  const body = failureBody(facts);
  return {
    method: 'POST',
    path: `/api/v1/webhooks/pipeline-failure?namespace=${body.namespace}`,
    body: JSON.stringify(wire(body)),
    isExpected: (status) => status === 201,
    size: 1,
    translate: () => [fromPipelineFailure(body, reporting, noLogs)],
    isSingle: true,
  };
}

function success(facts: Facts): Message {
  const body = successBody(facts);
  return {
    method: 'POST',
    path: `/api/v1/webhooks/pipeline-success?namespace=${body.namespace}`,
    body: JSON.stringify(wire(body)),
    isExpected: (status) => status === 200,
    size: 1,
    translate: () => [fromPipelineSuccess(body, reporting)],
    isSingle: true,
  };
}

function batch(facts: readonly Facts[]): Message {
  const inputs = facts.map(failingInput);
  return {
    method: 'POST',
    path: '/api/v1/reports',
    body: JSON.stringify({ reports: inputs.map(wire) }),
    isExpected: (status) => status === 200,
    size: inputs.length,
    translate: () => inputs.map((input) => fromReportInput(input, reporting)),
    isSingle: false,
  };
}

function read(path: string, method = 'GET', body?: unknown): Message {
  return {
    method,
    path,
    body: body === undefined ? undefined : JSON.stringify(body),
    isExpected: (status) => status >= 200 && status < 300,
    size: 0,
    translate: () => [],
    isSingle: true,
  };
}

/** The messages of a plan: the same plan, the same messages. */
export function messagesOf(plan: LoadPlan): Messages {
  const { work, tag, seed, from } = plan;
  const facts: FactsOf = (number, key) => ({
    tag,
    seed,
    key,
    number: from + number,
    words: 'novel' in work && work.novel === true ? from + number : key,
    observedAt: from + number,
  });
  switch (work.kind) {
    case 'requests':
      return {
        span: 1,
        at: (n) => {
          const request = work.requests[draw(seed, n, work.requests.length)];
          if (request === undefined) {
            throw new Error('The plan has no requests.');
          }
          return read(request.path, request.method, request.body);
        },
      };
    case 'failures':
      return {
        span: 1,
        at: (n) => {
          const keys = work.keys === 'new' ? 1 : work.keys;
          const told = facts(n, work.keys === 'new' ? from + n : n % keys);
          const isLate = draw(seed + 1, n, 1000) < work.late * 1000;
          const back = keys * (1 + draw(seed + 2, n, 10)) + Math.floor(keys / 2);
          return failure(isLate ? { ...told, observedAt: told.observedAt - back } : told);
        },
      };
    case 'batches': {
      const { keys, size, order } = work;
      const keyOf = (number: number) => (order === 'drawn' ? draw(seed, from + number, keys) : number % keys);
      return {
        span: size,
        at: (n) => batch(numbers(n, size).map((number) => facts(number, keyOf(number)))),
      };
    }
    case 'storm':
      return {
        span: 1,
        at: (n) => {
          const told = facts(n, draw(seed, n, work.keys));
          return n % 6 === 5 ? success(told) : failure(told);
        },
      };
    case 'mix':
      return { span: mixSpan, at: (n) => mixed(n, facts, work.keys, plan) };
  }
}

function numbers(n: number, span: number): readonly number[] {
  return Array.from({ length: span }, (_, index) => n * span + index);
}

function mixed(
  n: number,
  facts: FactsOf,
  keys: number,
  { tag, seed, from }: Pick<LoadPlan, 'tag' | 'seed' | 'from'>,
): Message {
  const key = draw(seed, n, keys);
  const namespace = `namespace=${namespaceOf(tag, key)}`;
  const place = n % mixPeriod;
  if (place < 10) {
    return failure(facts(n * mixSpan, key));
  }
  if (place < 13) {
    return success(facts(n * mixSpan, key));
  }
  switch (place) {
    case 13:
      return batch(numbers(n, mixSpan).map((number) => facts(number, draw(seed, number, keys))));
    case 14:
    case 15:
      return read(`/api/v1/issues?${namespace}`);
    case 16:
    case 17:
      return read(`/api/v1/issues?${namespace}&state=ACTIVE&limit=10`);
    case 18:
      return read(`/api/v1/issues/summary?${namespace}`);
    default: {
      // The run of the failure at the beginning of the period before.
      const before = Math.max(0, n - place - mixPeriod);
      const namespaceThen = namespaceOf(tag, draw(seed, before, keys));
      const run = runOf(seed, from + before * mixSpan);
      return read(`/api/v1/issues?namespace=${namespaceThen}&pipelineRun=${run}`);
    }
  }
}
