import type postgres from 'postgres';
import { limits } from '../../core/contract/fields.ts';
import { KiteError } from '../../core/errors.ts';
import { type Acting, recordAct } from '../audit/record.ts';
import { failureCode, retrying } from '../failure.ts';
import { issueNotFound } from '../issues/lock.ts';

export interface NewRelation extends Acting {
  readonly relationId: string;
  readonly sourceId: string;
  readonly targetId: string;
  readonly now: number;
}

/**
 * Relates two issues; one relation a pair, whichever way it is written.
 *
 * @throws KiteError `not_found` when one is missing, `already_related`, `limit_reached`
 */
export function createRelation(sql: postgres.Sql, relation: NewRelation): Promise<void> {
  return retrying(() =>
    sql.begin(async (tx) => {
      const ends = await tx<{ key: string; id: string; cluster: string; namespace: string }[]>`
        select key, id, cluster, namespace from issues where id in (${relation.sourceId}, ${relation.targetId})
        order by resource_type <> 'pipelinerun' or issue_type <> 'pipeline', identity for no key update`;
      const source = ends.find((end) => end.id === relation.sourceId);
      const target = ends.find((end) => end.id === relation.targetId);
      if (source === undefined || target === undefined) {
        throw issueNotFound();
      }
      const [most] = await tx<{ count: number }[]>`
        select max(held)::int as count from (
          select count(*) as held from relations r where r.source_key = ${source.key} or r.target_key = ${source.key}
          union all
          select count(*) from relations r where r.source_key = ${target.key} or r.target_key = ${target.key}
        ) as counted`;
      if (most !== undefined && most.count >= limits.relations) {
        throw new KiteError('limit_reached', { message: `An issue may have ${limits.relations} relations.` });
      }
      await tx`
        insert into relations (id, source_key, target_key, created_at)
        values (${relation.relationId}, ${source.key}, ${target.key}, ${new Date(relation.now).toISOString()})`;
      await recordAct(tx, {
        at: relation.now,
        actor: relation.actor,
        requestId: relation.requestId,
        operation: 'relations.create',
        cluster: source.cluster,
        namespace: source.namespace,
        issueId: source.id,
        details: { relatedId: target.id, relatedCluster: target.cluster, relatedNamespace: target.namespace },
      });
    }),
  ).catch((error: unknown) => {
    throw failureCode(error) === '23505' ? new KiteError('already_related', { cause: error }) : error;
  });
}
