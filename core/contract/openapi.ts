import * as z from 'zod/mini';
import { type ErrorCode, errorTable } from '../errors.ts';
import { issue, issueEvent, issueLink, relatedIssue, relation, scope } from './issue.ts';
import { bodyErrors, commonErrors, guardErrors, type Operation, writeErrors } from './operation.ts';
import { operations } from './operations.ts';
import { reportInput } from './reports.ts';

type Json = Record<string, unknown>;

/** What is described once and referred to by name. */
const named = {
  Issue: issue,
  IssueEvent: issueEvent,
  IssueLink: issueLink,
  RelatedIssue: relatedIssue,
  Relation: relation,
  Scope: scope,
};
for (const [id, schema] of Object.entries(named)) {
  z.globalRegistry.add(schema, { id });
}

/** The JSON Schema of what is sent or answered; what has a name stands under `$defs`. */
function convert(schema: z.ZodMiniType, io: 'input' | 'output'): Json & { $defs?: Json } {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // A number that is sent as text is described as the number; an answer's formats say all of its patterns.
      const isSaid = io === 'output' && jsonSchema.format !== undefined;
      if (jsonSchema.pattern === undefined || jsonSchema.type === 'integer' || isSaid) {
        delete jsonSchema.pattern;
      }
      delete jsonSchema.id;
    },
  });
  return JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/'));
}

function schemaOf(schema: z.ZodMiniType, io: 'input' | 'output'): Json {
  const { $defs: _, ...json } = convert(schema, io);
  return json;
}

/** This API as an OpenAPI 3.1 document, from the same table that routes. */
export function openapiDocument(about: { name: string; version: string; description: string }): Json {
  const paths: Record<string, Json> = {};
  for (const [id, operation] of Object.entries<Operation>(operations)) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: describe(id, operation),
    };
  }
  const { $defs } = convert(z.object(named), 'output');
  return {
    openapi: '3.1.0',
    info: { title: about.name, version: about.version, description: about.description },
    paths,
    components: {
      schemas: { ...$defs, Report: schemaOf(reportInput, 'input'), Error: errorSchema },
      securitySchemes: { bearer },
      parameters: { IdempotencyKey: idempotencyKey, RequestId: requestId },
      headers,
    },
  };
}

const errorSchema = {
  type: 'object',
  required: ['error', 'message', 'code', 'details', 'requestId'],
  properties: {
    error: { type: 'string' },
    message: { type: 'string', description: 'The same sentence again.' },
    code: { type: 'string', enum: Object.keys(errorTable) },
    details: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
    requestId: { type: 'string' },
  },
};

const bearer = {
  type: 'http',
  scheme: 'bearer',
  description:
    'A token of a cluster or of a CI, or an API key. A server that asks nobody who they are needs none.',
};

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same key again is the same call: it changes nothing and is answered alike.',
  schema: { type: 'string', maxLength: 200 },
};

const requestId = {
  name: 'X-Request-Id',
  in: 'header',
  required: false,
  description: 'Comes back in the answer when it is 1 to 100 letters, digits and `_.:-`; else one is made.',
  schema: { type: 'string' },
};

const headers = {
  RequestId: {
    description: 'Finds the request in the log.',
    required: true,
    schema: { type: 'string', pattern: '^[A-Za-z0-9_.:-]{1,100}$' },
  },
  RetryAfter: {
    description: 'After how many seconds to send the same request again.',
    required: true,
    schema: { type: 'integer', minimum: 1 },
  },
};

function describe(id: string, operation: Operation): Json {
  const noun = id.split('.')[0] ?? id;
  return {
    operationId: id,
    tags: [noun],
    summary: operation.summary,
    parameters: [
      ...parameters('path', operation.params),
      ...parameters('query', operation.query),
      ...(operation.idempotencyKey === true ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
      { $ref: '#/components/parameters/RequestId' },
    ],
    ...(operation.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: bodySchema(operation.body, operation.emptyIsAbsent === true) },
            },
          },
        }),
    // Also without: a server on a laptop asks nobody who they are.
    security: operation.access === 'public' ? [] : [{ bearer: [] }, {}],
    responses: { ...answers(operation), ...errors(operation) },
  };
}

function parameters(where: 'path' | 'query', schema: z.ZodMiniObject | undefined): Json[] {
  if (schema === undefined) {
    return [];
  }
  const object = schemaOf(schema, 'input');
  const properties = (object.properties ?? {}) as Record<string, Json>;
  const listed = (object.required ?? []) as string[];
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property;
    const required = listed.includes(name);
    return {
      name,
      in: where,
      required,
      ...(description === undefined ? {} : { description }),
      ...(where === 'query' && !required ? { allowEmptyValue: true } : {}),
      schema: rest,
      ...(rest.type === 'array' ? { style: 'form', explode: true } : {}),
    };
  });
}

const requestIdHeader = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };

function answers(operation: Operation): Json {
  return Object.fromEntries(
    Object.entries(operation.answers).map(([status, { description, schema }]) => [
      status,
      {
        description,
        headers: requestIdHeader,
        ...(schema === undefined
          ? {}
          : { content: { 'application/json': { schema: schemaOf(schema, 'output') } } }),
      },
    ]),
  );
}

/** The form of a body; where an empty text says no more than a field left out, the form says so. */
function bodySchema(schema: z.ZodMiniType, emptyIsAbsent: boolean): Json {
  const body = schemaOf(schema, 'input');
  if (!emptyIsAbsent) {
    return body;
  }
  const required = new Set(body.required as string[] | undefined);
  const properties = Object.entries((body.properties ?? {}) as Record<string, Json>).map(
    ([name, property]) => [name, required.has(name) ? property : { anyOf: [property, { const: '' }] }],
  );
  return { ...body, properties: Object.fromEntries(properties) };
}

/** The codes by status: several codes may share one. */
function errors(operation: Operation): Json {
  const codes = new Set<ErrorCode>([
    ...commonErrors,
    ...(operation.access === 'public' ? [] : guardErrors),
    ...(operation.method === 'GET' ? [] : writeErrors),
    ...operation.errors,
    ...(operation.body === undefined ? [] : bodyErrors),
  ]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => operation.answers[status] === undefined)
      .map(([status, list]) => [
        String(status),
        {
          description: list.map((code) => `\`${code}\`: ${errorTable[code].sentence}`).join(' '),
          headers: {
            ...requestIdHeader,
            ...(list.includes('unavailable') || list.includes('rate_limited')
              ? { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }
              : {}),
          },
          content: {
            'application/json': {
              schema: { $ref: '#/components/schemas/Error', properties: { code: { enum: list } } },
            },
          },
        },
      ]),
  );
}
