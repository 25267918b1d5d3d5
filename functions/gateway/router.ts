import type { Operation } from '../../core/contract/operation.ts';
import { type OperationId, operations } from '../../core/contract/operations.ts';
import { KiteError } from '../../core/errors.ts';

/** Where a request goes. */
type Match =
  | {
      readonly operation: OperationId;
      /** The pattern, such as `/api/v1/issues/{id}`. */
      readonly route: string;
      readonly params: Readonly<Record<string, string>>;
    }
  | {
      /** OPTIONS: only the methods are asked for. */
      readonly operation: undefined;
      readonly route: string;
      readonly allow: string;
    };

/** A method and a path still encoded, without the query. */
export type Router = (method: string, path: string) => Match;

interface Endpoint {
  readonly operation: OperationId;
  readonly names: readonly string[];
}

interface Place {
  readonly exact: Map<string, Place>;
  parameter: Place | undefined;
  /** Absent where no route ends. */
  route: string | undefined;
  readonly methods: Map<string, Endpoint>;
}

/**
 * Routes to some of the operations, as their table says.
 *
 * A path is answered with and without one slash at its end, never by redirect. An exact segment wins over a parameter,
 * whatever the method. HEAD goes where GET goes.
 */
export function createRouter(ids: Iterable<OperationId>): Router {
  const root = newPlace();
  for (const id of ids) {
    const { method, path }: Operation = operations[id];
    const names: string[] = [];
    let place = root;
    for (const segment of segmentsOf(path)) {
      const name = /^\{(.+)\}$/.exec(segment)?.[1];
      place = name === undefined ? exactPlace(place, segment) : parameterPlace(place);
      if (name !== undefined) {
        names.push(name);
      }
    }
    place.route ??= path;
    place.methods.set(method, { operation: id, names });
  }
  return (method, path) => {
    const found = find(root, segmentsOf(path).map(decode), 0, []);
    if (found?.place.route === undefined) {
      throw new KiteError('route_not_found');
    }
    const { place, values } = found;
    if (method === 'OPTIONS') {
      return { operation: undefined, route: place.route ?? path, allow: allowOf(place) };
    }
    const endpoint = place.methods.get(method === 'HEAD' ? 'GET' : method);
    if (endpoint === undefined) {
      throw new KiteError('method_not_allowed', { headers: { allow: allowOf(place) } });
    }
    return {
      operation: endpoint.operation,
      route: operations[endpoint.operation].path,
      params: paramsOf(endpoint.names, values),
    };
  };
}

/** A segment after decoding; undefined when its percent-encoding is malformed. */
type Segment = string | undefined;

function newPlace(): Place {
  return { exact: new Map(), parameter: undefined, route: undefined, methods: new Map() };
}

function exactPlace(place: Place, segment: string): Place {
  const next = place.exact.get(segment) ?? newPlace();
  place.exact.set(segment, next);
  return next;
}

function parameterPlace(place: Place): Place {
  place.parameter ??= newPlace();
  return place.parameter;
}

/** One slash at the end does not count; a further one makes an empty segment, which matches nothing. */
function segmentsOf(path: string): readonly string[] {
  if (!path.startsWith('/')) {
    return [''];
  }
  const inner = path.length > 2 && path.endsWith('/') ? path.slice(1, -1) : path.slice(1);
  return inner === '' ? [] : inner.split('/');
}

function decode(segment: string): Segment {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function find(
  place: Place,
  segments: readonly Segment[],
  depth: number,
  values: readonly Segment[],
): { readonly place: Place; readonly values: readonly Segment[] } | undefined {
  if (depth === segments.length) {
    return place.route === undefined ? undefined : { place, values };
  }
  const segment = segments[depth];
  const exact = segment === undefined ? undefined : place.exact.get(segment);
  const found = exact && find(exact, segments, depth + 1, values);
  if (found !== undefined || place.parameter === undefined || segment === '') {
    return found;
  }
  return find(place.parameter, segments, depth + 1, [...values, segment]);
}

function allowOf({ methods }: Place): string {
  return [...methods.keys()]
    .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    .concat('OPTIONS')
    .join(', ');
}

function paramsOf(names: readonly string[], values: readonly Segment[]): Record<string, string> {
  const problems = names
    .filter((_, index) => values[index] === undefined)
    .map((name) => ({ path: `path.${name}`, message: 'is not percent-encoded UTF-8' }));
  if (problems.length > 0) {
    throw new KiteError('invalid_request', { problems });
  }
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
}
