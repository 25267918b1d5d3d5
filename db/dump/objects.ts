import type postgres from 'postgres';

interface Row {
  readonly definition: string;
  readonly comment: string | null;
  /** The object as `comment on` names it. */
  readonly target: string;
}

/** A definition with its comment below it. */
function withComment({ definition, comment, target }: Row): string {
  return comment === null ? definition : `${definition}\n${commentOn(target, comment)}`;
}

/** A `comment on` statement. */
export function commentOn(target: string, comment: string): string {
  return `comment on ${target} is '${comment.replaceAll("'", "''")}';`;
}

/** Enums, domains, composite types and ranges of schema public, without those of extensions. */
export async function readTypes(tx: postgres.TransactionSql): Promise<string[]> {
  const rows = await tx<Row[]>`
    select
      case t.typtype
        when 'e' then format('create type %I as enum (%s);', t.typname, (
          select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid))
        when 'd' then format('create domain %I as %s%s%s%s;', t.typname, format_type(t.typbasetype, t.typtypmod),
          ' default ' || t.typdefault, case when t.typnotnull then ' not null' end, (
          select string_agg(format(' constraint %I %s', c.conname, pg_get_constraintdef(c.oid, true)), '' order by c.conname collate "C")
          from pg_constraint c where c.contypid = t.oid and c.contype = 'c'))
        when 'c' then format('create type %I as (%s);', t.typname, (
          select string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum)
          from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped))
        else format('create type %I as range (subtype = %s);', t.typname, (
          select format_type(r.rngsubtype, null) from pg_range r where r.rngtypid = t.oid))
      end as definition,
      obj_description(t.oid, 'pg_type') as comment,
      format('%s %I', case t.typtype when 'd' then 'domain' else 'type' end, t.typname) as target
    from pg_type t
    left join pg_class c on c.oid = t.typrelid
    where t.typnamespace = 'public'::regnamespace
      and (t.typtype in ('e', 'd', 'r') or (t.typtype = 'c' and c.relkind = 'c'))
      and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
    order by t.typname collate "C"`;
  return rows.map(withComment);
}

/** Sequences that stand alone: those of identity and serial columns belong to their table. */
export async function readSequences(tx: postgres.TransactionSql): Promise<string[]> {
  const rows = await tx<Row[]>`
    select
      format('create sequence %I as %s increment by %s minvalue %s maxvalue %s start with %s%s;', c.relname,
        format_type(s.seqtypid, null), s.seqincrement, s.seqmin, s.seqmax, s.seqstart, case when s.seqcycle then ' cycle' end) as definition,
      obj_description(c.oid, 'pg_class') as comment,
      format('sequence %I', c.relname) as target
    from pg_sequence s
    join pg_class c on c.oid = s.seqrelid
    where c.relnamespace = 'public'::regnamespace
      and not exists (
        select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i', 'e'))
    order by c.relname collate "C"`;
  return rows.map(withComment);
}

/** Views and materialised views, those with indexes followed by them. */
export async function readViews(tx: postgres.TransactionSql): Promise<string[]> {
  const rows = await tx<(Row & { indexes: string | null })[]>`
    select
      format(E'create %s %I%s as\n%s', case c.relkind when 'm' then 'materialized view' else 'view' end, c.relname,
        ' with (' || array_to_string(c.reloptions, ', ') || ')', pg_get_viewdef(c.oid, true)) as definition,
      (select string_agg(pg_get_indexdef(i.indexrelid, 0, true) || ';', E'\n' order by x.relname collate "C")
        from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid) as indexes,
      obj_description(c.oid, 'pg_class') as comment,
      format('%s %I', case c.relkind when 'm' then 'materialized view' else 'view' end, c.relname) as target
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm')
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    order by c.relname collate "C"`;
  return rows.map((row) => (row.indexes === null ? withComment(row) : `${withComment(row)}\n${row.indexes}`));
}

/** Functions and procedures. Aggregates, which the catalog cannot print, come as one line that tells them apart. */
export async function readFunctions(tx: postgres.TransactionSql): Promise<string[]> {
  const rows = await tx<Row[]>`
    select
      case p.prokind
        when 'a' then format('-- aggregate %I(%s)', p.proname, pg_get_function_identity_arguments(p.oid))
        else rtrim(pg_get_functiondef(p.oid), E'\n') || ';'
      end as definition,
      obj_description(p.oid, 'pg_proc') as comment,
      format('%s %I(%s)', case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
        p.proname, pg_get_function_identity_arguments(p.oid)) as target
    from pg_proc p
    where p.pronamespace = 'public'::regnamespace
      and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    order by p.proname collate "C", pg_get_function_identity_arguments(p.oid) collate "C"`;
  return rows.map(withComment);
}
