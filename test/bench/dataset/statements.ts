import { words } from './words.ts';

/** What is filled, in the order in which rows refer to each other. */
export const filledTables = [
  'issues',
  'links',
  'relations',
  'events',
  'issue_texts',
  'issue_counts',
] as const;

/** How many of the issues are of the first namespace, of ten; the rest is spread over nineteen. */
const inFirst = 3;
/** Issues that have many events: so many of them, and so many events of each for a million issues. */
const heavy = { issues: 5, events: 20_000 };

export interface DatasetOptions {
  /** How many issues. */
  readonly size: number;
  /** Milliseconds since 1970: nothing is newer, and nothing is older than the history that is kept. */
  readonly now: number;
  /** Events of an issue on average; at least 2. */
  readonly events: number;
}

function list(values: readonly string[]): string {
  return `array[${values.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ')}]`;
}

/**
 * Functions of the session that say everything of issue number `i` and its event number `j`, from 1 on. All of it
 * follows from the numbers, the size and the moment that counts as now.
 */
export function definitions({ size, now, events }: DatasetOptions): string {
  const heavyEvents = Math.max(20, Math.round((heavy.events * size) / 1_000_000));
  return `
    create function pg_temp.draw(i bigint, salt bigint, below bigint) returns bigint language sql parallel safe
    as $$ select (hashint8extended(i, salt) & 9007199254740991) % below $$;

    create function pg_temp.pick(names text[], i bigint, salt bigint) returns text language sql parallel safe
    as $$ select names[1 + pg_temp.draw(i, salt, cardinality(names))::integer] $$;

    -- Word number k comes k times as seldom as the first: some are in every tenth issue, some in one of a million.
    create function pg_temp.rare_word(i bigint, salt bigint) returns text language sql parallel safe
    as $$
      select syllables[1 + k % n] || syllables[1 + k / n % n] || syllables[1 + (k * 7 + 3) % n]
      from (
        select floor(exp(pg_temp.draw(i, salt, 1000000) / 1000000.0 * ln(200000)))::integer as k, syllables,
          cardinality(syllables) as n
        from (select ${list(words.syllables)} as syllables) as s
      ) as drawn
    $$;

    create function pg_temp.events_of(i bigint) returns integer language sql parallel safe
    as $$ select case when i <= ${heavy.issues} then ${heavyEvents} else 2 + pg_temp.draw(i, 1, ${2 * events - 3})::integer end $$;

    create function pg_temp.is_active(i bigint) returns boolean language sql parallel safe
    as $$ select pg_temp.draw(i, 2, 10) = 0 $$;

    -- Whether event j of an issue with so many of them is a failure: the first always, the last as the issue is now.
    create function pg_temp.fails(i bigint, j integer, many integer) returns boolean language sql parallel safe
    as $$
      select case
        when j = 1 then true
        when j = many then pg_temp.is_active(i)
        else pg_temp.draw(i * 65536 + j, 3, 5) < 3
      end
    $$;

    -- When event j was observed: the last one in the past 140 days, the first one at most 30 days before it.
    create function pg_temp.seen(i bigint, j integer, many integer) returns timestamptz language sql parallel safe
    as $$
      select to_timestamp((
        ${now} - 60000 - pg_temp.draw(i, 4, case when pg_temp.is_active(i) then 3456000000 else 12096000000 end)
        - (many - j) * ((86400000 + pg_temp.draw(i, 5, 2505600000)) / many)
      ) / 1000.0)::timestamptz(3)
    $$;

    create function pg_temp.namespace_of(i bigint) returns text language sql parallel safe
    as $$
      select 'team-' || lpad(case
        when i % 10 < ${inFirst} then 0 else 1 + (i % 10 - ${inFirst} + 7 * (i / 10)) % 19
      end::text, 2, '0') || '-tenant'
    $$;

    create function pg_temp.component_of(i bigint) returns text language sql parallel safe
    as $$ select pg_temp.pick(${list(words.things)}, i / 100, 6) || '-' || pg_temp.pick(${list(words.parts)}, i / 100, 7) || '-' || to_hex(i / 100) $$;

    create function pg_temp.application_of(i bigint) returns text language sql parallel safe
    as $$ select pg_temp.pick(${list(words.things)}, i / 1000, 8) || '-' || to_hex(i / 1000) $$;

    create function pg_temp.kind_of(i bigint) returns text language sql parallel safe
    as $$
      select (array[
        'pipeline', 'pipeline', 'pipeline', 'build', 'build', 'build', 'test', 'test', 'release', 'dependency'
      ])[1 + pg_temp.draw(i, 9, 10)::integer]
    $$;

    create function pg_temp.resource_type_of(kind text) returns text language sql parallel safe
    as $$
      select case kind
        when 'pipeline' then 'pipelinerun' when 'build' then 'component' when 'test' then 'integrationtest'
        when 'release' then 'releaseplan' else 'repository'
      end
    $$;

    create function pg_temp.resource_of(i bigint, kind text) returns text language sql parallel safe
    as $$
      select pg_temp.component_of(i) || case kind
        when 'pipeline' then '-on-push' when 'build' then '' when 'test' then '-enterprise-contract'
        when 'release' then '-to-production' else '-renovate'
      end || '-' || i
    $$;

    create function pg_temp.run_of(i bigint, j integer, resource text) returns text language sql parallel safe
    as $$ select resource || '-' || substr(md5(i || '/' || j), 1, 5) $$;

    create function pg_temp.uid_of(i bigint, j integer) returns uuid language sql parallel safe
    as $$ select ${uuid("'run ' || i || ' ' || j")} $$;

    create function pg_temp.title_of(resource text, kind text) returns text language sql parallel safe
    as $$
      select case kind
        when 'pipeline' then 'Pipeline run failed: ' when 'build' then 'Build failed for ' when 'test' then 'Integration test failed for '
        when 'release' then 'Release failed for ' else 'Dependency update failed in '
      end || resource
    $$;

    create function pg_temp.told_of(i bigint) returns text language sql parallel safe
    as $$
      select ' failed with reason: ' || pg_temp.pick(${list(words.reasons)}, i, 10) || E'.\\nSeen in ' || pg_temp.rare_word(i, 11)
        || ' while ' || pg_temp.rare_word(i, 12) || ' was ' || pg_temp.pick(${list(words.states)}, i, 13) || '.'
    $$;

    create function pg_temp.severity_of(i bigint) returns text language sql parallel safe
    as $$
      select (array[
        'critical', 'major', 'major', 'major', 'major', 'minor', 'minor', 'minor', 'info', 'info'
      ])[1 + pg_temp.draw(i, 14, 10)::integer]
    $$;

    create function pg_temp.labels_of(i bigint) returns jsonb language sql parallel safe
    as $$
      select jsonb_build_object(
        'application', pg_temp.application_of(i), 'component', pg_temp.component_of(i),
        'lifecycle', case when pg_temp.draw(i, 15, 10) < 4 then 'production' else 'development' end,
        'squad', pg_temp.pick(${list(words.things)}, i / 500, 16) || '-' || i / 500
      )
    $$;

    create function pg_temp.due_of(i bigint, first_seen timestamptz) returns timestamptz language sql parallel safe
    as $$ select case when pg_temp.draw(i, 17, 12) = 0 then first_seen + interval '336 hours' end $$;

    create function pg_temp.links_of(i bigint) returns integer language sql parallel safe
    as $$ select (array[0, 1, 1, 2])[1 + i % 4] $$;

    create function pg_temp.url_of(i bigint, place integer) returns text language sql parallel safe
    as $$ select 'https://console.example/ns/' || pg_temp.namespace_of(i) || '/runs/' || pg_temp.uid_of(i, place) $$;`;
}

/** core/domain/order.ts, of a report that an operator observed ten minutes after the run was created. */
function orderKey(seen: string, fails: string, eventId: string): string {
  return `(
    int8send((extract(epoch from ${seen}) * 1000)::bigint - 600000) || int8send((extract(epoch from ${seen}) * 1000)::bigint)
    || case when ${fails} then '\\x01'::bytea else '\\x00'::bytea end
    || convert_to(${eventId}, 'UTF8') || '\\x00'::bytea || convert_to('operator/pipelinerun', 'UTF8')
  )`;
}

/** A UUID of version 4's form that follows from a text. */
function uuid(text: string): string {
  return `overlay(overlay(md5(${text}) placing '4' from 13) placing '8' from 17)::uuid`;
}

/** The issues from number `first` to `last`. */
export function insertIssues(first: number, last: number): string {
  return `
    insert into issues (
      key, identity, cluster, namespace, resource_type, resource_name, resource_namespace, issue_type, id, state, title,
      description, severity, labels, due_at, detected_at, resolved_at, first_seen_at, last_seen_at, occurrences,
      episode_occurrences, episodes, newest_key, gap, failing_observed_at, text_key, link_writes, created_at, updated_at, episode_key
    )
    overriding system value
    select i, identity_of('local', namespace, resource_type, resource, namespace, kind), 'local', namespace,
      resource_type, resource, namespace, kind, ${uuid("'issue ' || i")},
      case when is_active then 'ACTIVE' else 'RESOLVED' end, pg_temp.title_of(resource, kind),
      'The run ' || pg_temp.run_of(i, last_failing, resource) || pg_temp.told_of(i), pg_temp.severity_of(i), pg_temp.labels_of(i),
      pg_temp.due_of(i, first_seen), pg_temp.seen(i, last_start, many),
      case when not is_active then pg_temp.seen(i, last_failing + 1, many) end,
      first_seen, last_seen, failures, last_failing - last_start + 1, episodes,
      ${orderKey('newest_seen', 'is_active', 'pg_temp.uid_of(i, many)::text')}, case when is_active then 0 else 1 end, last_seen,
      ${orderKey('last_seen', 'true', 'pg_temp.uid_of(i, last_failing)::text')}, pg_temp.links_of(i), first_seen, newest_seen,
      ${orderKey('pg_temp.seen(i, last_start, many)', 'true', 'pg_temp.uid_of(i, last_start)::text')}
    from (
      select i, h.*, pg_temp.is_active(i) as is_active, pg_temp.namespace_of(i) as namespace, kind,
        pg_temp.resource_type_of(kind) as resource_type, pg_temp.resource_of(i, kind) as resource,
        pg_temp.seen(i, 1, many) as first_seen, pg_temp.seen(i, last_failing, many) as last_seen,
        pg_temp.seen(i, many, many) as newest_seen
      from (select i, pg_temp.kind_of(i) as kind from generate_series(${first}::bigint, ${last}) as i offset 0) as n
      cross join lateral (
        select many, count(*) filter (where fails) as failures, max(j) filter (where fails) as last_failing,
          count(*) filter (where fails and not failed) as episodes, max(j) filter (where fails and not failed) as last_start
        from (
          select j, many, pg_temp.fails(i, j, many) as fails, j > 1 and pg_temp.fails(i, j - 1, many) as failed
          from (select pg_temp.events_of(i) as many offset 0) as m, generate_series(1, m.many) as j
        ) as e
        group by many
      ) as h
      offset 0
    ) as issue`;
}

/** The events of those issues, which must be there. */
export function insertEvents(first: number, last: number): string {
  return `
    insert into events (
      issue_key, filed_at, order_key, kind, outcome, source, event_id, distinct_key, anonymous, observed_at,
      subject_created_at, received_at, prior, effect, run_name, run_uid, content
    )
    select i, created, ${orderKey('seen', 'fails', 'uid')}, 'report', case when fails then 'failing' else 'passing' end,
      'operator/pipelinerun', uid,
      encode(set_byte(set_byte(digest, 6, get_byte(digest, 6) & 15 | 128), 8, get_byte(digest, 8) & 63 | 128), 'hex')::uuid,
      false, seen, created, seen, case when j = 1 then null when failed then 0 else 1 end,
      case
        when j = 1 then 'opened' when fails and failed then 'updated' when fails then 'reopened'
        when failed then 'resolved' else 'recorded'
      end,
      run, uid, case when fails then said || jsonb_build_object('description', 'The run ' || run || told) end
    from (
      -- The digest is that of core/domain/identity.ts.
      select j, i, said, told, fails, failed, seen, uid, seen - interval '10 minutes' as created,
        pg_temp.run_of(i, j, resource_name) as run,
        substr(sha256(
          convert_to('report', 'UTF8') || '\\x00'::bytea || convert_to(identity::text, 'UTF8') || '\\x00'::bytea
          || convert_to('operator/pipelinerun', 'UTF8') || '\\x00'::bytea || convert_to(uid, 'UTF8') || '\\x00'::bytea
        ), 1, 16) as digest
      from (
        select i, identity, resource_name, said, told, j, pg_temp.uid_of(i, j)::text as uid, pg_temp.seen(i, j, many) as seen,
          pg_temp.fails(i, j, many) as fails, j > 1 and pg_temp.fails(i, j - 1, many) as failed
        from (
          select key as i, identity, resource_name, pg_temp.events_of(key) as many,
            jsonb_build_object('title', title, 'severity', severity, 'labels', labels, 'dueAt', due_at, 'links', '[]'::jsonb) as said,
            substr(description, length('The run ' || resource_name || '-01234') + 1) as told
          from issues
          where key between ${first} and ${last}
          offset 0
        ) as n, generate_series(1, n.many) as j
        offset 0
      ) as e
      offset 0
    ) as event`;
}

/** The links of those issues, as their newest failing report names them, and relations to issues of the same namespace. */
export function insertLinks(first: number, last: number): string {
  return `
    insert into links (id, issue_key, url, reported_title, reported_key, reported_position)
    select link_id(i.id, pg_temp.url_of(i.key, place)), i.key, pg_temp.url_of(i.key, place), 'Logs of run ' || place, i.text_key, place
    from issues i, generate_series(1, pg_temp.links_of(i.key)) as place
    where i.key between ${first} and ${last};

    insert into relations (id, source_key, target_key, created_at)
    select ${uuid("'relation ' || i.key")}, i.key, i.key + 190, i.created_at
    from issues i
    where i.key between ${first} and ${last} and i.key % 8 = 0 and i.key + 190 <= (select max(key) from issues)`;
}

/** What the search index knows of those issues, as the migrations fill it. */
export function insertTexts(first: number, last: number): string {
  return `
    insert into issue_texts
    select key, namespace, words_of(title, description, resource_name) from issues where key between ${first} and ${last}`;
}

/** As the migrations fill it. */
export const insertCounts = `
  insert into issue_counts
  select namespace, cluster, issue_type, severity, state, coalesce(lifecycle, 'unknown'), count(*) from issues
  group by 1, 2, 3, 4, 5, 6`;
