import type postgres from 'postgres';
import { KiteError } from '../../core/errors.ts';
import { type Acting, recordAct } from '../audit/record.ts';
import { retrying } from '../failure.ts';
import { issueNotFound } from '../issues/lock.ts';

export interface OldRelation extends Acting {
  readonly oneId: string;
  readonly otherId: string;
  readonly now: number;
}

/**
 * Takes back a relation, whichever way it was written.
 *
 * @throws KiteError `not_found` when an issue or the relation is missing
 */
export function deleteRelation(sql: postgres.Sql, relation: OldRelation): Promise<void> {
  return retrying(() =>
    sql.begin(async (tx) => {
      const ends = await tx<{ key: string; id: string; cluster: string; namespace: string }[]>`
        select key, id, cluster, namespace from issues where id in (${relation.oneId}, ${relation.otherId}) order by key`;
      const one = ends.find((end) => end.id === relation.oneId);
      const other = ends.find((end) => end.id === relation.otherId);
      if (one === undefined || other === undefined) {
        throw issueNotFound();
      }
      const gone = await tx`
        delete from relations
        where (source_key = ${one.key} and target_key = ${other.key})
          or (source_key = ${other.key} and target_key = ${one.key})`;
      if (gone.count === 0) {
        throw new KiteError('not_found', { message: 'These two issues are not related.' });
      }
      await recordAct(tx, {
        at: relation.now,
        actor: relation.actor,
        requestId: relation.requestId,
        operation: 'relations.delete',
        cluster: one.cluster,
        namespace: one.namespace,
        issueId: one.id,
        details: { relatedId: other.id, relatedCluster: other.cluster, relatedNamespace: other.namespace },
      });
    }),
  );
}
