import * as z from 'zod/mini';

/** A request that is sent as it is. */
const request = z.object({
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']),
  /** With the query, from `/api/v1` on: `/api/v1/issues?namespace=team-1`. */
  path: z.string(),
  /** Sent as JSON. */
  body: z.optional(z.unknown()),
});

const count = z.int().check(z.positive());

/** Whether a failure says something else each time; else a thing that fails again says the same again. */
const novel = z.optional(z.boolean());

const work = z.discriminatedUnion('kind', [
  /** These requests over and over, in an order drawn from the seed; a status of 2xx is expected. */
  z.object({ kind: z.literal('requests'), requests: z.array(request).check(z.minLength(1)) }),
  /**
   * A `pipeline-failure` webhook a request: each on a key of its own, or on `keys` keys in turn.
   * `late` is the part of them that are observed before what their key has already, by up to ten reports.
   */
  z.object({
    kind: z.literal('failures'),
    keys: z.union([z.literal('new'), count]),
    late: z.number(),
    novel,
  }),
  /** `POST /reports` with `size` failing reports, each on one of `keys` keys: drawn, or in turn. */
  z.object({
    kind: z.literal('batches'),
    keys: count,
    size: count,
    order: z.enum(['drawn', 'in turn']),
    novel,
  }),
  /** Five `pipeline-failure` webhooks to one `pipeline-success`, on pipelines that are drawn. */
  z.object({ kind: z.literal('storm'), keys: count }),
  /** What many clients do together: failures, successes, batches of ten, and four kinds of lists. */
  z.object({ kind: z.literal('mix'), keys: count }),
]);

export const loadPlan = z.object({
  /** `http://host:port` of a server, or the `postgres://` address of the database whose limit is asked. */
  url: z.string(),
  work,
  /** What each request is authorized with, without `Bearer`; nothing is sent when absent. */
  token: z.optional(z.string()),
  /** Begins the namespaces of all that is written, so that it can be found and counted. */
  tag: z.string(),
  /** Decides everything that is drawn. */
  seed: z.int(),
  /** Milliseconds since 1970. Report number n is observed n ms after it; what begins elsewhere has other ids. */
  from: z.int(),
  /** Connections, each with one request at a time; 16 when absent. */
  connections: z.optional(count),
  /** How long requests are sent, in seconds; */
  seconds: z.optional(z.number()),
  /** or how many of them. */
  count: z.optional(count),
  /** Seconds of the same load before, whose latencies are not recorded; its errors and its reports count. */
  warmUp: z.number(),
  /** Every so-manieth request is first sent on a connection that is cut off before the answer. */
  cutEvery: z.optional(count),
});
export type LoadPlan = z.infer<typeof loadPlan>;

/** How long a slice of the result is, in milliseconds. */
export const sliceLength = 100;

export const loadResult = z.object({
  /** From the first measured request's start to the last one's end. */
  seconds: z.number(),
  /** Measured requests that were answered as they should be. */
  requests: z.int(),
  perSecond: z.number(),
  /** Reports in measured requests, by second. */
  reportsPerSecond: z.number(),
  /** Milliseconds. */
  p50: z.number(),
  p99: z.number(),
  max: z.number(),
  /** By status, or by the error's name where there was no answer; the warm-up included. */
  outcomes: z.record(z.string(), z.int()),
  /** How many were not answered as they should be, the warm-up included. */
  errors: z.int(),
  /** The first few of them, in words. */
  complaints: z.array(z.string()),
  /** Requests sent in all, the warm-up included, those cut off not. */
  sent: z.int(),
  /** Reports in all requests answered as they should be, the warm-up included: what the occurrences add up to. */
  reports: z.int(),
  /** The `from` that a next plan may have. */
  next: z.int(),
  /** How many were cut off. */
  cut: z.int(),
  /** The measured requests by when they ended: `at` in milliseconds since 1970, `slowest` in milliseconds. */
  slices: z.array(z.object({ at: z.number(), requests: z.int(), slowest: z.number() })),
});
export type LoadResult = z.infer<typeof loadResult>;
