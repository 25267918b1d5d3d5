-- What Kite keeps: one row per identity, its links and relations, and the history that the row sums up.

create extension if not exists pg_trgm;
create extension if not exists btree_gin;

-- The digest of core/domain/identity.ts: SHA-256 over the parts, each followed by a zero byte, cut to
-- 128 bits, as a UUID of version 8.
create function identity_of(
  cluster text, namespace text, resource_type text, resource_name text, resource_namespace text, issue_type text
) returns uuid
language sql immutable strict parallel safe
as $$
  select encode(set_byte(set_byte(digest, 6, get_byte(digest, 6) & 15 | 128), 8, get_byte(digest, 8) & 63 | 128), 'hex')::uuid
  from (
    select substr(sha256(
      convert_to(cluster, 'UTF8') || '\x00'::bytea
      || convert_to(namespace, 'UTF8') || '\x00'::bytea
      || convert_to(resource_type, 'UTF8') || '\x00'::bytea
      || convert_to(resource_name, 'UTF8') || '\x00'::bytea
      || convert_to(resource_namespace, 'UTF8') || '\x00'::bytea
      || convert_to(issue_type, 'UTF8') || '\x00'::bytea
    ), 1, 16) as digest
  ) as cut
$$;

-- The id of an issue's link, a UUID of version 8: the same URL of the same issue always has the same one.
create function link_id(issue uuid, url text) returns uuid
language sql immutable parallel safe
as $$
  select overlay(overlay(md5(issue::text || ' ' || url) placing '8' from 13) placing '8' from 17)::uuid
$$;

create table issues (
  key bigint generated always as identity primary key,
  identity uuid not null,
  cluster text not null,
  namespace text not null,
  resource_type text not null,
  resource_name text not null,
  resource_namespace text not null,
  issue_type text not null,
  id uuid,
  state text,
  title text,
  description text,
  severity text,
  severity_rank smallint generated always as (
    case severity when 'critical' then 4 when 'major' then 3 when 'minor' then 2 when 'info' then 1 end
  ) stored,
  labels jsonb not null default '{}',
  application text generated always as (labels ->> 'application') stored,
  component text generated always as (labels ->> 'component') stored,
  lifecycle text generated always as (labels ->> 'lifecycle') stored,
  origin text generated always as (labels ->> 'origin') stored,
  due_at timestamptz(3),
  detected_at timestamptz(3),
  resolved_at timestamptz(3),
  first_seen_at timestamptz(3),
  last_seen_at timestamptz(3),
  occurrences integer not null default 0,
  episode_occurrences integer not null default 0,
  episodes integer not null default 0,
  edited text[] not null default '{}',
  newest_key bytea,
  gap smallint,
  failing_observed_at timestamptz(3),
  text_key bytea,
  floor_key bytea,
  ends_of uuid,
  link_writes integer not null default 0,
  edited_at timestamptz(3),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint issues_identity_unique unique (identity),
  constraint issues_id_unique unique (id),
  constraint issues_resource_type_lower check (resource_type = lower(resource_type)),
  constraint issues_issue_type_known check (issue_type in ('build', 'test', 'release', 'dependency', 'pipeline')),
  constraint issues_state_known check (state in ('ACTIVE', 'RESOLVED')),
  constraint issues_severity_known check (severity in ('info', 'minor', 'major', 'critical')),
  constraint issues_whole check (
    (id is null) = (state is null) and (id is null) = (title is null) and (id is null) = (description is null)
    and (id is null) = (severity is null) and (id is null) = (detected_at is null)
    and (id is null) = (first_seen_at is null) and (id is null) = (last_seen_at is null)
    and (id is null) = (gap is null) and (id is null) = (episodes = 0)
  ),
  constraint issues_resolved_when_resolved check ((state is not distinct from 'RESOLVED') = (resolved_at is not null)),
  constraint issues_resolved_after_detected check (resolved_at >= detected_at),
  constraint issues_counts check (
    episodes >= 0 and episode_occurrences >= 0 and occurrences >= episode_occurrences
  )
) with (fillfactor = 85);

comment on table issues is 'One row per identity, the sum of its history; it is an issue while id is not null.';
comment on column issues.newest_key is 'Order key of the newest report of either outcome.';
comment on column issues.gap is 'What passed since the newest failure, up to what closes the issue (1; 2 where ends_of is set); null while nothing has failed.';
comment on column issues.text_key is 'Order key of the newest failing report that is not a person''s: the one that gives title, description, severity, labels and due date.';
comment on column issues.floor_key is 'Left by a deletion: reports that are not newer are stale.';
comment on column issues.ends_of is 'For MintMaker: the identity of the pipeline whose reports end the runs that this issue waits for.';
comment on column issues.edited is 'Fields that a person has edited: reports no longer change them.';
comment on column issues.edited_at is 'The moment of the newest edit: the next one is later.';
comment on column issues.link_writes is 'Links written since the last trim to the newest fifty.';

-- One index, one reason:
-- the list of a namespace, newest first, and its keyset pages
create index issues_by_namespace on issues (namespace, detected_at desc, id desc) where id is not null;
-- the same for state=ACTIVE, with severity inside for the badge's question
create index issues_active on issues (namespace, detected_at desc, id desc) include (severity, issue_type) where state = 'ACTIVE';
-- resourceType= and resourceName=
create index issues_by_scope on issues (namespace, resource_name, resource_type) where id is not null;
-- application= and component=
create index issues_by_application on issues (namespace, application, detected_at desc) where application is not null;
create index issues_by_component on issues (namespace, component, detected_at desc) where component is not null;
-- dueBefore= and sort=dueAt
create index issues_by_due_at on issues (namespace, due_at) where due_at is not null;
-- label=
create index issues_by_label on issues using gin (namespace, labels jsonb_path_ops) where id is not null;
-- search=
create index issues_by_text on issues using gin (
  namespace, (title || E'\n' || description || E'\n' || resource_name) gin_trgm_ops
) where id is not null;
-- the MintMaker issues that wait for a pipeline's runs to end
create index issues_by_ends_of on issues (ends_of) where ends_of is not null;

-- A row's identity is the digest of its parts. A trigger and not a check, since a check would compute the
-- digest at every update of a row, and it never changes.
create function refuse_wrong_identity() returns trigger
language plpgsql
as $$
begin
  if new.identity is distinct from identity_of(
    new.cluster, new.namespace, new.resource_type, new.resource_name, new.resource_namespace, new.issue_type
  ) then
    raise exception 'identity is not the digest of its parts' using errcode = 'check_violation';
  end if;
  return new;
end
$$;

create trigger issues_identity_is_digest
before insert or update of identity, cluster, namespace, resource_type, resource_name, resource_namespace, issue_type
on issues for each row execute function refuse_wrong_identity();

create table links (
  id uuid primary key,
  issue_key bigint not null references issues (key) on delete cascade,
  url text not null,
  reported_title text,
  reported_key bytea,
  reported_position smallint,
  person_title text,
  person_position smallint,
  constraint links_named_by_somebody check (reported_key is not null or person_title is not null),
  constraint links_reported_whole check (
    (reported_key is null) = (reported_title is null) and (reported_key is null) = (reported_position is null)
  ),
  constraint links_person_whole check ((person_title is null) = (person_position is null))
);

comment on table links is 'One row a URL of an issue: named by reports (the newest that names it), by a person, or by both.';

-- an issue's links
create index links_by_issue on links (issue_key);

create table relations (
  id uuid primary key,
  source_key bigint not null references issues (key) on delete cascade,
  target_key bigint not null references issues (key) on delete cascade,
  created_at timestamptz(3) not null,
  constraint relations_of_two check (source_key <> target_key)
);

-- one relation a pair, whichever way it is written; and the relations seen from the source
create unique index relations_unique on relations (least(source_key, target_key), greatest(source_key, target_key));
create index relations_by_source on relations (source_key);
-- the relations seen from the target
create index relations_by_target on relations (target_key);

create table events (
  issue_key bigint not null references issues (key) on delete cascade,
  -- The moment that decides when the history may be dropped: order time of reports, else the action's own.
  filed_at timestamptz(3) not null,
  order_key bytea not null,
  kind text not null,
  outcome text,
  source text not null,
  event_id text not null,
  distinct_key uuid,
  anonymous boolean not null,
  observed_at timestamptz(3) not null,
  subject_created_at timestamptz(3),
  received_at timestamptz(3) not null,
  prior smallint,
  effect text not null,
  run_name text,
  run_uid text,
  actor text,
  content jsonb,
  constraint events_kind_known check (kind in ('report', 'end', 'action', 'edit')),
  constraint events_outcome_known check (outcome in ('failing', 'passing')),
  constraint events_distinct_known check ((distinct_key is null) = (kind = 'end')),
  constraint events_outcome_present check ((outcome is null) = (kind = 'edit')),
  constraint events_effect_known check (effect in ('opened', 'updated', 'reopened', 'resolved', 'recorded', 'edited'))
) partition by range (filed_at);

comment on table events is 'The history: every report, every end of a run that a MintMaker issue waits for, every action and every edit.';
comment on column events.prior is 'What issues.gap would say of the history before this event.';
comment on column events.distinct_key is 'Digest of kind, identity, source and event id (core/domain/identity.ts).';
comment on column events.effect is 'What it did to the issue when it came.';

-- the timeline, and what stands after a report that comes late
create unique index events_in_order on events (issue_key, order_key, filed_at);
-- the same report again
create unique index events_distinct on events (distinct_key, filed_at);
-- pipelineRun=
create index events_by_run_name on events (run_name) where run_name is not null;
create index events_by_run_uid on events (run_uid) where run_uid is not null;

-- How far history has been dropped: what is older can no longer be judged, whatever the configuration says.
create table history (
  single boolean primary key default true,
  dropped_before timestamptz(3) not null,
  constraint history_one_row check (single)
);
insert into history (dropped_before) values ('-infinity');

-- Takes what no quarter's partition takes, so that a report is never refused for want of one.
create table events_other partition of events default;

-- An issue with all that an answer says about it.
create view issue_documents as
select
  issues.*,
  coalesce((
    select json_agg(json_build_object('id', link.id, 'title', link.title, 'url', link.url) order by link.place)
    from (
      select l.id, coalesce(l.person_title, l.reported_title) as title, l.url, l.person_title,
        row_number() over (order by l.reported_key desc nulls last, l.reported_position) as newest,
        row_number() over (order by l.person_position nulls last, l.reported_key desc nulls last, l.reported_position) as place
      from links l
      where l.issue_key = issues.key
    ) as link
    -- Those without a key sort last: the first fifty are the newest that reports name.
    where link.newest <= 50 or link.person_title is not null
  ), '[]') as links,
  coalesce((
    select json_agg(json_build_object(
      'id', r.id, 'outgoing', r.source_key = issues.key, 'other', json_build_object(
        'id', o.id, 'title', o.title, 'description', o.description, 'severity', o.severity, 'issueType', o.issue_type,
        'state', o.state, 'detectedAt', o.detected_at, 'resolvedAt', o.resolved_at, 'cluster', o.cluster,
        'namespace', o.namespace, 'scopeId', o.identity, 'resourceType', o.resource_type,
        'resourceName', o.resource_name, 'resourceNamespace', o.resource_namespace,
        'createdAt', o.created_at, 'updatedAt', o.updated_at
      )) order by r.created_at, r.id)
    from relations r
    join issues o on o.key = case when r.source_key = issues.key then r.target_key else r.source_key end
    where (r.source_key = issues.key or r.target_key = issues.key) and o.id is not null
  ), '[]') as relations
from issues
where issues.id is not null;
