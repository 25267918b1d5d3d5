import { isRecord } from './cluster/failure.ts';
import type { KubeObject, ResourceKind } from './controller.ts';

/** As people write it: `pipelineruns.tekton.dev`. */
export function nameOf(kind: ResourceKind): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
}

/** @param namespace empty for all of them, or for what has none */
export function pathOf(kind: ResourceKind, namespace: string, name?: string): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const place = namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${place}/${kind.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

/**
 * An object of the API server, with the fields that every object has; undefined for what has no name, uid or version.
 * Items of a list do not say their kind, so it is filled in. `managedFields`, which nobody reads, is left out.
 */
export function toObject(value: unknown, kind: ResourceKind): KubeObject | undefined {
  if (!isRecord(value) || !isRecord(value.metadata)) {
    return undefined;
  }
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp } = value.metadata;
  if (!isFilled(name) || !isFilled(uid) || !isFilled(resourceVersion)) {
    return undefined;
  }
  const { managedFields: _, ...metadata } = value.metadata;
  return {
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    kind: kind.kind,
    ...value,
    metadata: {
      ...metadata,
      name,
      namespace: isFilled(namespace) ? namespace : '',
      uid,
      resourceVersion,
      creationTimestamp: isFilled(creationTimestamp) ? creationTimestamp : '',
      deletionTimestamp: isFilled(deletionTimestamp) ? deletionTimestamp : undefined,
      labels: texts(value.metadata.labels),
      annotations: texts(value.metadata.annotations),
    },
  };
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function texts(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) {
    return {};
  }
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
