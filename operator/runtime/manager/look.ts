import type { Controller, KubeObject, Outgoing } from '../controller.ts';
import type { Known, Sighting } from '../inventory.ts';

/** What is remembered of an object between two looks at it. */
export interface Note {
  /** Of the reports that were accepted last. */
  readonly eventIds: readonly string[];
  /** What the last look came to. */
  readonly reason: string;
}

/** An object that is to be looked at. */
export interface Pending {
  readonly known: Known<Note>;
  readonly object: KubeObject;
  readonly isDeleted: boolean;
  /** Milliseconds since 1970. */
  readonly seenAt: number;
}

/**
 * @param kept the object as it was before, where it is still in memory: it stands for one that vanished unseen
 * @param onFailure told when the controller's `trim` throws; the object is then kept whole
 */
export function pendingOf(
  sighting: Sighting<Note>,
  controller: Controller,
  kept: KubeObject | undefined,
  seenAt: number,
  onFailure: (error: unknown) => void,
): Pending {
  const { known, object, isDeleted } = sighting;
  if (object === undefined) {
    return { known, object: kept ?? bare(known), isDeleted, seenAt };
  }
  return { known, object: trimmed(controller, object, onFailure), isDeleted, seenAt };
}

export function trimmed(
  controller: Controller,
  object: KubeObject,
  onFailure: (error: unknown) => void,
): KubeObject {
  try {
    return controller.trim?.(object) ?? object;
  } catch (error) {
    onFailure(error);
    return object;
  }
}

/** The reports that have not been accepted for this object, as it is now. */
export function unsaid(known: Known<Note>, reports: readonly Outgoing[]): readonly Outgoing[] {
  const said = known.note?.eventIds ?? [];
  return reports.filter(({ eventId }) => !said.includes(eventId));
}

/** All that is known of an object that nobody saw vanish. */
function bare({ name, namespace, uid, resourceVersion, createdAt }: Known<Note>): KubeObject {
  return {
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp: createdAt,
      labels: {},
      annotations: {},
    },
  };
}
