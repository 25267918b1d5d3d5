import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod/mini';
import { limits } from '../../core/contract/fields.ts';
import type { Access, Operation } from '../../core/contract/operation.ts';
import type { OperationId } from '../../core/contract/operations.ts';
import { KiteError, type Problem } from '../../core/errors.ts';
import type { Caller } from '../access/control.ts';
import { parseJson } from './json.ts';
import { toProblems } from './problems.ts';

type Output<Op extends Operation, Part extends 'params' | 'query' | 'body'> =
  Op extends Readonly<Record<Part, infer Schema extends z.ZodMiniType>> ? z.output<Schema> : undefined;

/** Who a request is from and what it asks for. */
export interface Sender {
  readonly operation: OperationId;
  /** Of a public operation: nobody was asked, and nothing may be asked of it. */
  readonly caller: Caller;
  /** The address of the connection. */
  readonly source: string;
}

/** A request after parsing: all that it says is of the documented form. */
export interface Request<Op extends Operation> extends Sender {
  readonly requestId: string;
  /** The class of the operation: who may do this. */
  readonly access: Access;
  /** When it was received, in milliseconds since 1970. */
  readonly received: number;
  readonly params: Output<Op, 'params'>;
  readonly query: Output<Op, 'query'>;
  readonly body: Output<Op, 'body'>;
  readonly idempotencyKey: string | null;
}

/** Leaves room for what a batch appends to the key. */
const idempotencyKeyLimit = 200;

/**
 * @throws KiteError `invalid_request` that names everything that is wrong at once, `invalid_json`,
 *   `payload_too_large`, `unsupported_media_type`
 */
export function parseRequest<Op extends Operation>(
  operation: Op,
  event: APIGatewayProxyEvent,
  received: number,
  sender: Sender,
): Request<Op> {
  const problems: Problem[] = [];
  const parse = (root: string, schema: z.ZodMiniType | undefined, value: () => unknown): unknown => {
    if (schema === undefined) {
      return undefined;
    }
    const parsed = schema.safeParse(value(), { reportInput: true });
    if (!parsed.success) {
      problems.push(...toProblems(root, parsed.error.issues));
    }
    return parsed.data;
  };
  const params = parse('path', operation.params, () => event.pathParameters ?? {});
  const query = parse('query', operation.query, () => readQuery(operation.query, event, problems));
  const idempotencyKey = operation.idempotencyKey === true ? readIdempotencyKey(event, problems) : null;
  const body = parse('body', operation.body, () =>
    operation.emptyIsAbsent === true ? withoutEmpty(readBody(event)) : readBody(event),
  );
  if (problems.length > 0) {
    throw new KiteError('invalid_request', { problems });
  }
  const { requestId } = event.requestContext;
  return {
    ...sender,
    requestId,
    access: operation.access,
    received,
    params,
    query,
    body,
    idempotencyKey,
  } as Request<Op>;
}

/** An empty parameter counts as absent; one that may be repeated may also be separated by commas. */
function readQuery(
  schema: Operation['query'],
  event: APIGatewayProxyEvent,
  problems: Problem[],
): Record<string, unknown> {
  const query: Record<string, unknown> = {};
  for (const [name, all] of Object.entries(event.multiValueQueryStringParameters ?? {})) {
    const field = schema !== undefined && Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    const isArray = field !== undefined && isArrayField(field);
    const given = isArray && name !== 'label' ? all?.flatMap((value) => value.split(',')) : all;
    const values = (given ?? []).filter((value) => value !== '');
    if (field === undefined || values.length === 0) {
      continue;
    }
    if (isArray) {
      query[name] = values;
    } else if (values.length > 1) {
      problems.push({ path: `query.${name}`, message: 'is given more than once; give it once' });
    } else {
      query[name] = values[0];
    }
  }
  return query;
}

function isArrayField(field: z.core.$ZodType): boolean {
  const def = field._zod.def;
  return (
    def.type === 'array' ||
    (def.type === 'optional' && isArrayField((def as z.core.$ZodOptionalDef).innerType))
  );
}

function readBody(event: APIGatewayProxyEvent): unknown {
  const type = header(event, 'content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== undefined && type !== 'application/json' && !type.endsWith('+json')) {
    throw new KiteError('unsupported_media_type');
  }
  const coding = header(event, 'content-encoding')?.trim().toLowerCase() ?? '';
  if (coding !== '' && coding !== 'identity') {
    throw new KiteError('unsupported_media_type', { message: 'Send the body without Content-Encoding.' });
  }
  return parseJson(bodyText(event));
}

/** Without a byte order mark. What comes as text is UTF-8 already; what is none comes in Base64. */
function bodyText({ body, isBase64Encoded }: APIGatewayProxyEvent): string {
  const sent = body ?? '';
  if (!isBase64Encoded) {
    requireRoom(Buffer.byteLength(sent));
    return (sent.startsWith('\ufeff') ? sent.slice(1) : sent).toWellFormed();
  }
  const bytes = Buffer.from(sent, 'base64');
  requireRoom(bytes.length);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new KiteError('invalid_json', { message: 'The body is not UTF-8.', cause });
  }
}

function requireRoom(bytes: number): void {
  if (bytes > limits.body) {
    throw new KiteError('payload_too_large');
  }
}

function withoutEmpty(body: unknown): unknown {
  return typeof body === 'object' && body !== null && !Array.isArray(body)
    ? Object.fromEntries(Object.entries(body).filter(([, value]) => value !== ''))
    : body;
}

function readIdempotencyKey(event: APIGatewayProxyEvent, problems: Problem[]): string | null {
  const key = header(event, 'idempotency-key')?.trim() ?? '';
  if (key.length > idempotencyKeyLimit) {
    problems.push({
      path: 'headers.idempotency-key',
      message: `is longer than ${idempotencyKeyLimit} characters`,
    });
  }
  return key === '' ? null : key;
}

/** API Gateway keeps the case in which a header was sent. */
function header(event: APIGatewayProxyEvent, name: string): string | undefined {
  for (const [key, value] of Object.entries(event.headers ?? {})) {
    if (key.toLowerCase() === name) {
      return value;
    }
  }
  return undefined;
}
