import type postgres from 'postgres';

/** Who acts, and by which request. */
export interface Acting {
  /** Null where nobody was asked who they are. */
  readonly actor: string | null;
  /** Null where it is no request, but somebody at the database. */
  readonly requestId: string | null;
}

/** What was done. */
export interface Act extends Acting {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The id of the operation, such as `issues.resolve`. */
  readonly operation: string;
  readonly cluster: string | null;
  readonly namespace: string | null;
  readonly issueId: string | null;
  /** What else is worth knowing; no text of an issue and no secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Writes an act down as a part of the transaction that does it: neither is there without the other. */
export async function recordAct(tx: postgres.TransactionSql, act: Act): Promise<void> {
  const details = act.details === undefined ? null : tx.json(act.details as postgres.JSONValue);
  await tx`
    insert into audit (at, actor, operation, cluster, namespace, issue_id, request_id, details)
    values (
      ${new Date(act.at).toISOString()}, ${act.actor}, ${act.operation}, ${act.cluster}, ${act.namespace}, ${act.issueId},
      ${act.requestId}, ${details}
    )`;
}
