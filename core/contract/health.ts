import * as z from 'zod/mini';

const up = z.enum(['UP', 'DOWN']);

export const health = z.object({
  status: up,
  message: z.string(),
  timestamp: z.iso.datetime(),
  components: z.object({
    api: z.object({ status: up, message: z.string(), details: z.object({ version: z.string() }) }),
    database: z.object({
      status: up,
      message: z.string(),
      details: z.object({
        connection_status: z.string(),
        response_time_seconds: z.number(),
        open_connections: z.int(),
        idle_connections: z.int(),
        max_open_connections: z.int(),
      }),
    }),
    response_time: z.object({
      status: up,
      message: z.string(),
      details: z.object({ duration_seconds: z.number() }),
    }),
  }),
});
export type Health = z.infer<typeof health>;

export const version = z.object({ version: z.string(), name: z.string(), description: z.string() });
export const root = z.object({
  name: z.string(),
  description: z.string(),
  version: z.string(),
  links: z.record(z.string(), z.string()),
});
