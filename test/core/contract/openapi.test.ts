/** The OpenAPI document says what the table of operations says, refers to nothing that is not there, and has rules that mean what parsing does. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { namespace, text, timestamp, uuid } from '../../../core/contract/fields.ts';
import { openapiDocument } from '../../../core/contract/openapi.ts';
import {
  bodyErrors,
  commonErrors,
  guardErrors,
  type Operation,
  writeErrors,
} from '../../../core/contract/operation.ts';
import { operations } from '../../../core/contract/operations.ts';
import { errorTable } from '../../../core/errors.ts';

const document = openapiDocument({ name: 'Kite', version: '1.2.3', description: 'Keeps issues.' });

/** As OpenAPI 3.1 requires it, as far as this document uses it. */
const reference = z.strictObject({ $ref: z.string().check(z.startsWith('#/components/')) });
const schema = z.record(z.string(), z.unknown());
const content = z.strictObject({ 'application/json': z.strictObject({ schema }) });
const parameter = z.strictObject({
  name: z.string().check(z.minLength(1)),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean(),
  description: z.optional(z.string()),
  allowEmptyValue: z.optional(z.boolean()),
  style: z.optional(z.literal('form')),
  explode: z.optional(z.boolean()),
  schema,
});
const operationObject = z.strictObject({
  operationId: z.string(),
  tags: z.array(z.string()).check(z.minLength(1)),
  summary: z.string().check(z.minLength(1)),
  /** Of what is not public: a token, or none where nobody is asked. */
  security: z.array(z.strictObject({ bearer: z.optional(z.tuple([])) })),
  parameters: z.array(z.union([parameter, reference])),
  requestBody: z.optional(z.strictObject({ required: z.literal(true), content })),
  responses: z.record(
    z.string().check(z.regex(/^[1-5]\d\d$/)),
    z.strictObject({
      description: z.string().check(z.minLength(1)),
      headers: z.record(z.string(), reference),
      content: z.optional(content),
    }),
  ),
});
const documentObject = z.strictObject({
  openapi: z.string().check(z.regex(/^3\.1\.\d$/)),
  info: z.strictObject({ title: z.string(), version: z.string(), description: z.string() }),
  paths: z.record(
    z.string().check(z.startsWith('/')),
    z.partialRecord(z.enum(['get', 'post', 'put', 'delete']), operationObject),
  ),
  components: z.strictObject({
    schemas: z.record(z.string(), schema),
    parameters: z.record(z.string(), parameter),
    headers: z.record(z.string(), z.strictObject({ description: z.string(), required: z.boolean(), schema })),
    securitySchemes: z.strictObject({
      bearer: z.looseObject({ type: z.literal('http'), scheme: z.literal('bearer') }),
    }),
  }),
});

const parsed = documentObject.parse(document);
const described = Object.entries(parsed.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const table = Object.entries<Operation>(operations);

function find(id: string) {
  const found = described.find(({ operation }) => operation.operationId === id);
  if (found === undefined) throw new Error(`${id} is not in the document`);
  return found.operation;
}

/** Every value under one of these names, wherever it stands. */
function valuesOf(name: string, within: unknown): unknown[] {
  if (typeof within !== 'object' || within === null) {
    return [];
  }
  return Object.entries(within).flatMap(([key, value]) => [
    ...(key === name && !Array.isArray(within) ? [value] : []),
    ...valuesOf(name, value),
  ]);
}

function resolve(pointer: string): unknown {
  return pointer
    .replace('#/', '')
    .split('/')
    .reduce<unknown>(
      (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
      document,
    );
}

describe('the document', () => {
  it('survives JSON', () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });

  it('has every operation of the table, by its name, method and path, and no other', () => {
    const listed = described.map(
      ({ path, method, operation }) => `${operation.operationId} ${method} ${path}`,
    );
    expect(listed.sort()).toEqual(
      table.map(([id, { method, path }]) => `${id} ${method.toLowerCase()} ${path}`).sort(),
    );
    expect(new Set(listed.map((line) => line.split(' ')[0])).size).toBe(table.length);
  });

  it('refers only to what is there, and leaves no schema behind that is its own root', () => {
    const references = valuesOf('$ref', document).map(String);
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter((pointer) => resolve(pointer) === undefined)).toEqual([]);
    expect(valuesOf('$defs', document)).toEqual([]);
    expect(valuesOf('$schema', document)).toEqual([]);
  });

  it('has no component that nothing refers to', () => {
    const references = new Set(valuesOf('$ref', document));
    const components = Object.entries(parsed.components).flatMap(([kind, all]) =>
      Object.keys(all).map((name) => `#/components/${kind}/${name}`),
    );
    for (const { operation } of described) {
      const schemes = operation.security.flatMap(Object.keys);
      for (const name of schemes) references.add(`#/components/securitySchemes/${name}`);
    }
    expect(components.filter((pointer) => !references.has(pointer))).toEqual([]);
  });

  it('has patterns that are regular expressions of JSON Schema', () => {
    const patterns = valuesOf('pattern', document).map(String);
    expect(patterns.length).toBeGreaterThan(10);
    for (const pattern of patterns) {
      expect(() => new RegExp(pattern, 'u'), pattern).not.toThrow();
    }
  });
});

describe.each(table)('%s', (id, operation) => {
  const parameters = () =>
    find(id).parameters.map((one) => ('$ref' in one ? parameter.parse(resolve(one.$ref)) : one));

  it('declares each parameter once, and those of its path as required', () => {
    const names = parameters().map((one) => `${one.in} ${one.name.toLowerCase()}`);
    expect(new Set(names).size).toBe(names.length);
    const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = parameters().filter((one) => one.in === 'path');
    expect(declared.map(({ name }) => name).sort()).toEqual(inPath.sort());
    expect(declared.every(({ required }) => required)).toBe(true);
  });

  it('declares the query, the body and the Idempotency-Key of the table', () => {
    const inQuery = parameters().filter((one) => one.in === 'query');
    expect(inQuery.map(({ name }) => name)).toEqual(Object.keys(operation.query?.shape ?? {}));
    expect(find(id).requestBody !== undefined).toBe(operation.body !== undefined);
    const hasKey = parameters().some(({ name }) => name === 'Idempotency-Key');
    expect(hasKey).toBe(operation.idempotencyKey === true);
  });

  it('documents each of its answers, and each of its errors at the status of the code', () => {
    const { responses } = find(id);
    const codes = [
      ...commonErrors,
      ...(operation.access === 'public' ? [] : guardErrors),
      ...(operation.method === 'GET' ? [] : writeErrors),
      ...(operation.body === undefined ? [] : bodyErrors),
      ...operation.errors,
    ];
    const statuses = [
      ...Object.keys(operation.answers),
      ...codes.map((code) => String(errorTable[code].status)),
    ];
    expect(Object.keys(responses).sort()).toEqual([...new Set(statuses)].sort());
    for (const [status, { schema: answer }] of Object.entries(operation.answers)) {
      expect(responses[status]?.content !== undefined).toBe(answer !== undefined);
    }
    for (const code of codes.filter((one) => operation.answers[errorTable[one].status] === undefined)) {
      const response = responses[errorTable[code].status];
      expect(response?.description).toContain(`\`${code}\``);
      expect(valuesOf('enum', response?.content).flat()).toContain(code);
    }
  });

  it('promises a request id with every answer', () => {
    for (const response of Object.values(find(id).responses)) {
      expect(Object.keys(response.headers)).toContain('X-Request-Id');
    }
  });
});

describe('a rule of the document', () => {
  it.each(['issues.list', 'issues.summary', 'reports.list'])('%s needs a namespace', (id) => {
    expect(find(id).parameters).toContainEqual(
      expect.objectContaining({ name: 'namespace', in: 'query', required: true }),
    );
  });

  const texts = [
    ...['a', ' a ', '\na\n', 'a\nb', '日本', '😀', '\u200b', '\u0001', '\u0085', '0'],
    ...['', ' ', '\t\n', '\u00a0', '\ufeff', '\u2029\u3000', '\0', 'a\0', '\0a', '\na\0b'],
  ];
  const times = [
    ...[
      '2026-01-31T08:00:00Z',
      '1970-01-01T00:00:00Z',
      '9999-12-31T23:59:59.999Z',
      '2026-01-31T08:00:00+05:30',
    ],
    ...['1969-12-31T23:59:59Z', '0000-01-01T00:00:00Z', '2026-01-31 08:00:00Z', '2026-01-31T08:00:00z'],
    ...[
      '2026-01-31T08:00:60Z',
      '2026-01-31T08:00:00',
      '2026-01-31',
      '١٩٧٠-01-01T00:00:00Z',
      '2026-01-31T08:00Z',
    ],
  ];
  const ids = [
    ...['018f3c1e-7b2a-7c3d-9e4f-5a6b7c8d9e0f', '018F3C1E-7B2A-7C3D-9E4F-5A6B7C8D9E0F'],
    ...['018f3c1e7b2a7c3d9e4f5a6b7c8d9e0f', '{018f3c1e-7b2a-7c3d-9e4f-5a6b7c8d9e0f}', 'x'],
  ];

  it.each([
    ['a name', namespace, texts],
    ['a text', text(100, 'Any.'), texts],
    ['a time', timestamp('Any.'), times],
    ['an id', uuid, ids],
  ])('takes %s exactly where parsing does', (_, field, values) => {
    const { pattern = '', minLength = 0 } = z
      .object({ pattern: z.optional(z.string()), minLength: z.optional(z.number()) })
      .parse(z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' }));
    expect(pattern).not.toBe('');
    for (const value of values) {
      const isTaken = new RegExp(pattern, 'u').test(value) && value.length >= minLength;
      expect(isTaken, JSON.stringify(value)).toBe(field.safeParse(value).success);
    }
  });
});
