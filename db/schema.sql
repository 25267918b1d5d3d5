-- The schema as the migrations leave it. Written by db/dump-main.ts: change it by a migration, not by hand.
-- Partitions are left out, since which ones exist depends on the date.

create extension btree_gin;

create extension pg_trgm;

create type incoming_report as (n integer, identity uuid, id uuid, outcome text, key bytea, observed_at timestamp with time zone, subject_created_at timestamp with time zone, filed_at timestamp with time zone, source text, event_id text, distinct_key uuid, repeatable boolean, anonymous boolean, run_name text, run_uid text, actor text, leader integer, content jsonb);

create type newer_event as (issue_key bigint, order_key bytea, kind text, outcome text, observed_at timestamp with time zone, anonymous boolean, prior smallint);

create type report_answer as (n integer, status text, effect text, issue_id uuid, issue jsonb);

create sequence issue_counts_changes as bigint increment by 1 minvalue 1 maxvalue 9223372036854775807 start with 1;

create table api_keys (
  id text not null,
  name text not null,
  secret_hash bytea not null,
  clusters jsonb not null,
  namespaces jsonb not null,
  rights jsonb not null,
  created_by text,
  created_at timestamp(3) with time zone not null,
  expires_at timestamp(3) with time zone,
  last_used_at timestamp(3) with time zone,
  revoked_at timestamp(3) with time zone,
  revoked_by text,
  constraint api_keys_pkey PRIMARY KEY (id),
  constraint api_keys_hash_is_sha256 CHECK (octet_length(secret_hash) = 32),
  constraint api_keys_lists CHECK (jsonb_typeof(clusters) = 'array'::text AND jsonb_typeof(namespaces) = 'array'::text AND jsonb_typeof(rights) = 'array'::text),
  constraint api_keys_revoked_whole CHECK (revoked_at IS NOT NULL OR revoked_by IS NULL),
  constraint api_keys_rights_known CHECK (rights <@ '["read", "report", "act", "admin"]'::jsonb)
);
CREATE INDEX api_keys_by_time ON api_keys USING btree (created_at DESC, id DESC);
comment on table api_keys is 'Keys kite_<id>_<secret> for callers that have no token of a cluster or of a CI.';
comment on column api_keys.secret_hash is 'SHA-256 of the secret, which is kept nowhere.';
comment on column api_keys.clusters is 'Names of the clusters that the key reaches; * is all of them.';
comment on column api_keys.namespaces is 'Patterns of the namespaces that it reaches in these clusters.';

create table audit (
  id bigint generated always as identity not null,
  at timestamp(3) with time zone not null,
  actor text,
  operation text not null,
  cluster text,
  namespace text,
  issue_id uuid,
  request_id text,
  details jsonb,
  constraint audit_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_by_actor ON audit USING btree (actor, at DESC, id DESC) WHERE actor IS NOT NULL;
CREATE INDEX audit_by_issue ON audit USING btree (issue_id, at DESC, id DESC) WHERE issue_id IS NOT NULL;
CREATE INDEX audit_by_namespace ON audit USING btree (namespace, at DESC, id DESC) WHERE namespace IS NOT NULL;
CREATE INDEX audit_by_time ON audit USING btree (at DESC, id DESC);
comment on table audit is 'Who did what and when: one row for each act that changed something, written with it.';
comment on column audit.actor is 'Null where nobody was asked who they are.';
comment on column audit.cluster is 'Where it was done; null for what concerns several clusters or none.';
comment on column audit.issue_id is 'The issue, also when it is gone.';

create table events (
  issue_key bigint not null,
  filed_at timestamp(3) with time zone not null,
  order_key bytea not null,
  kind text not null,
  outcome text,
  source text not null,
  event_id text not null,
  distinct_key uuid,
  anonymous boolean not null,
  observed_at timestamp(3) with time zone not null,
  subject_created_at timestamp(3) with time zone,
  received_at timestamp(3) with time zone not null,
  prior smallint,
  effect text not null,
  run_name text,
  run_uid text,
  actor text,
  content jsonb,
  constraint events_distinct_known CHECK ((distinct_key IS NULL) = (kind = 'end'::text)),
  constraint events_effect_known CHECK (effect = ANY (ARRAY['opened'::text, 'updated'::text, 'reopened'::text, 'resolved'::text, 'recorded'::text, 'edited'::text])),
  constraint events_kind_known CHECK (kind = ANY (ARRAY['report'::text, 'end'::text, 'action'::text, 'edit'::text])),
  constraint events_outcome_known CHECK (outcome = ANY (ARRAY['failing'::text, 'passing'::text])),
  constraint events_outcome_present CHECK ((outcome IS NULL) = (kind = 'edit'::text))
) partition by RANGE (filed_at);
CREATE INDEX events_by_run_name ON ONLY events USING btree (run_name) WHERE run_name IS NOT NULL;
CREATE INDEX events_by_run_uid ON ONLY events USING btree (run_uid) WHERE run_uid IS NOT NULL;
CREATE UNIQUE INDEX events_distinct ON ONLY events USING btree (distinct_key, filed_at);
CREATE UNIQUE INDEX events_in_order ON ONLY events USING btree (issue_key, order_key, filed_at);
comment on table events is 'The history: every report, every end of a run that a MintMaker issue waits for, every action and every edit.';
comment on column events.distinct_key is 'Digest of kind, identity, source and event id (core/domain/identity.ts).';
comment on column events.prior is 'What issues.gap would say of the history before this event.';
comment on column events.effect is 'What it did to the issue when it came.';

create table history (
  single boolean default true not null,
  dropped_before timestamp(3) with time zone not null,
  constraint history_pkey PRIMARY KEY (single),
  constraint history_one_row CHECK (single)
);

create table issue_counts (
  namespace text not null,
  cluster text not null,
  issue_type text not null,
  severity text not null,
  state text not null,
  lifecycle text not null,
  amount bigint not null
) with (autovacuum_vacuum_threshold=1000, autovacuum_vacuum_scale_factor=0);
CREATE INDEX issue_counts_by_namespace ON issue_counts USING btree (namespace);
comment on table issue_counts is 'What was added to and taken from the number of issues of a kind; the sum over all rows is exact in every snapshot.';

create table issue_texts (
  issue_key bigint not null,
  namespace text not null,
  words text not null,
  constraint issue_texts_pkey PRIMARY KEY (issue_key)
);
CREATE INDEX issue_texts_beyond_ascii ON issue_texts USING btree (namespace) WHERE words ~ '[^\x01-\x7f]'::text;
CREATE INDEX issue_texts_by_namespace ON issue_texts USING btree (namespace, issue_key);
CREATE INDEX issue_texts_by_words ON issue_texts USING gin (namespace, words gin_trgm_ops);
comment on column issue_texts.words is 'Title, description and name of the resource in lower case, a line each.';

create table issues (
  key bigint generated always as identity not null,
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
CASE severity
    WHEN 'critical'::text THEN 4
    WHEN 'major'::text THEN 3
    WHEN 'minor'::text THEN 2
    WHEN 'info'::text THEN 1
    ELSE NULL::integer
END) stored,
  labels jsonb default '{}'::jsonb not null,
  application text generated always as (labels ->> 'application'::text) stored,
  component text generated always as (labels ->> 'component'::text) stored,
  lifecycle text generated always as (labels ->> 'lifecycle'::text) stored,
  origin text generated always as (labels ->> 'origin'::text) stored,
  due_at timestamp(3) with time zone,
  detected_at timestamp(3) with time zone,
  resolved_at timestamp(3) with time zone,
  first_seen_at timestamp(3) with time zone,
  last_seen_at timestamp(3) with time zone,
  occurrences integer default 0 not null,
  episode_occurrences integer default 0 not null,
  episodes integer default 0 not null,
  edited text[] default '{}'::text[] not null,
  newest_key bytea,
  gap smallint,
  failing_observed_at timestamp(3) with time zone,
  text_key bytea,
  floor_key bytea,
  ends_of uuid,
  link_writes integer default 0 not null,
  edited_at timestamp(3) with time zone,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  episode_key bytea,
  words_waiting boolean default false not null,
  seen_slot timestamp(3) with time zone generated always as (date_bin('00:10:00'::interval, last_seen_at, '2000-01-01 00:00:00+00'::timestamp with time zone)) stored,
  constraint issues_pkey PRIMARY KEY (key),
  constraint issues_id_unique UNIQUE (id),
  constraint issues_identity_unique UNIQUE (identity),
  constraint issues_counts CHECK (episodes >= 0 AND episode_occurrences >= 0 AND occurrences >= episode_occurrences),
  constraint issues_issue_type_known CHECK (issue_type = ANY (ARRAY['build'::text, 'test'::text, 'release'::text, 'dependency'::text, 'pipeline'::text])),
  constraint issues_resolved_after_detected CHECK (resolved_at >= detected_at),
  constraint issues_resolved_when_resolved CHECK ((NOT state IS DISTINCT FROM 'RESOLVED'::text) = (resolved_at IS NOT NULL)),
  constraint issues_resource_type_lower CHECK (resource_type = lower(resource_type)),
  constraint issues_severity_known CHECK (severity = ANY (ARRAY['info'::text, 'minor'::text, 'major'::text, 'critical'::text])),
  constraint issues_state_known CHECK (state = ANY (ARRAY['ACTIVE'::text, 'RESOLVED'::text])),
  constraint issues_whole CHECK ((id IS NULL) = (state IS NULL) AND (id IS NULL) = (title IS NULL) AND (id IS NULL) = (description IS NULL) AND (id IS NULL) = (severity IS NULL) AND (id IS NULL) = (detected_at IS NULL) AND (id IS NULL) = (first_seen_at IS NULL) AND (id IS NULL) = (last_seen_at IS NULL) AND (id IS NULL) = (gap IS NULL) AND (id IS NULL) = (episodes = 0))
) with (fillfactor=75);
CREATE INDEX issues_active ON issues USING btree (namespace, detected_at DESC, id DESC) WHERE state = 'ACTIVE'::text;
CREATE INDEX issues_by_application ON issues USING btree (namespace, application, detected_at DESC) WHERE application IS NOT NULL;
CREATE INDEX issues_by_component ON issues USING btree (namespace, component, detected_at DESC) WHERE component IS NOT NULL;
CREATE INDEX issues_by_due_at ON issues USING btree (namespace, COALESCE(due_at, 'infinity'::timestamp with time zone), id) WHERE id IS NOT NULL;
CREATE INDEX issues_by_ends_of ON issues USING btree (ends_of) WHERE ends_of IS NOT NULL;
CREATE INDEX issues_by_label ON issues USING gin (namespace, labels jsonb_path_ops) WHERE id IS NOT NULL;
CREATE INDEX issues_by_namespace ON issues USING btree (namespace, detected_at DESC, id DESC) WHERE id IS NOT NULL;
CREATE INDEX issues_by_scope ON issues USING btree (namespace, resource_name, resource_type) WHERE id IS NOT NULL;
CREATE INDEX issues_by_seen ON issues USING btree (namespace, seen_slot DESC) WHERE id IS NOT NULL;
CREATE INDEX issues_by_severity ON issues USING btree (namespace, severity_rank DESC, detected_at DESC, id DESC) WHERE id IS NOT NULL;
CREATE INDEX issues_by_time ON issues USING btree (detected_at DESC, id DESC) WHERE id IS NOT NULL;
CREATE TRIGGER issues_are_counted AFTER UPDATE ON issues FOR EACH ROW WHEN (old.id IS DISTINCT FROM new.id OR old.state IS DISTINCT FROM new.state OR old.severity IS DISTINCT FROM new.severity OR old.labels IS DISTINCT FROM new.labels) EXECUTE FUNCTION count_issue();
CREATE TRIGGER issues_are_counted_in AFTER INSERT ON issues FOR EACH ROW WHEN (new.id IS NOT NULL) EXECUTE FUNCTION count_issue();
CREATE TRIGGER issues_are_counted_out AFTER DELETE ON issues FOR EACH ROW WHEN (old.id IS NOT NULL) EXECUTE FUNCTION count_issue();
CREATE TRIGGER issues_identity_is_digest BEFORE INSERT OR UPDATE OF identity, cluster, namespace, resource_type, resource_name, resource_namespace, issue_type ON issues FOR EACH ROW EXECUTE FUNCTION refuse_wrong_identity();
CREATE TRIGGER issues_words_wait BEFORE UPDATE ON issues FOR EACH ROW WHEN (NOT old.words_waiting AND (old.id IS DISTINCT FROM new.id OR old.title IS DISTINCT FROM new.title OR old.description IS DISTINCT FROM new.description)) EXECUTE FUNCTION let_words_wait();
CREATE TRIGGER issues_words_wait_at_once BEFORE INSERT ON issues FOR EACH ROW WHEN (new.id IS NOT NULL) EXECUTE FUNCTION let_words_wait();
comment on table issues is 'One row per identity, the sum of its history; it is an issue while id is not null.';
comment on column issues.edited is 'Fields that a person has edited: reports no longer change them.';
comment on column issues.newest_key is 'Order key of the newest report of either outcome.';
comment on column issues.gap is 'What passed since the newest failure, up to what closes the issue (1; 2 where ends_of is set); null while nothing has failed.';
comment on column issues.text_key is 'Order key of the newest failing report that is not a person''s: the one that gives title, description, severity, labels and due date.';
comment on column issues.floor_key is 'Left by a deletion: reports that are not newer are stale.';
comment on column issues.ends_of is 'For MintMaker: the identity of the pipeline whose reports end the runs that this issue waits for.';
comment on column issues.link_writes is 'Links written since the last trim to the newest fifty.';
comment on column issues.edited_at is 'The moment of the newest edit: the next one is later.';
comment on column issues.episode_key is 'Order key of the failure that started the last episode.';
comment on column issues.words_waiting is 'Whether the words have changed since issue_texts took them.';
comment on column issues.seen_slot is 'last_seen_at, cut to ten minutes.';

create table links (
  id uuid not null,
  issue_key bigint not null,
  url text not null,
  reported_title text,
  reported_key bytea,
  reported_position smallint,
  person_title text,
  person_position smallint,
  constraint links_pkey PRIMARY KEY (issue_key, id),
  constraint links_named_by_somebody CHECK (reported_key IS NOT NULL OR person_title IS NOT NULL),
  constraint links_person_whole CHECK ((person_title IS NULL) = (person_position IS NULL)),
  constraint links_reported_whole CHECK ((reported_key IS NULL) = (reported_title IS NULL) AND (reported_key IS NULL) = (reported_position IS NULL))
) with (fillfactor=85);
comment on table links is 'One row a URL of an issue: named by reports (the newest that names it), by a person, or by both.';

create table relations (
  id uuid not null,
  source_key bigint not null,
  target_key bigint not null,
  created_at timestamp(3) with time zone not null,
  constraint relations_pkey PRIMARY KEY (id),
  constraint relations_source_key_fkey FOREIGN KEY (source_key) REFERENCES issues(key) ON DELETE CASCADE,
  constraint relations_target_key_fkey FOREIGN KEY (target_key) REFERENCES issues(key) ON DELETE CASCADE,
  constraint relations_of_two CHECK (source_key <> target_key)
);
CREATE INDEX relations_by_source ON relations USING btree (source_key);
CREATE INDEX relations_by_target ON relations USING btree (target_key);
CREATE UNIQUE INDEX relations_unique ON relations USING btree (LEAST(source_key, target_key), GREATEST(source_key, target_key));

create table texts_waiting (
  issue_key bigint not null,
  constraint texts_waiting_pkey PRIMARY KEY (issue_key)
) with (autovacuum_vacuum_threshold=1000, autovacuum_vacuum_scale_factor=0);
comment on table texts_waiting is 'Issues whose words have changed since issue_texts took them.';

create view issue_documents as
 SELECT key,
    identity,
    cluster,
    namespace,
    resource_type,
    resource_name,
    resource_namespace,
    issue_type,
    id,
    state,
    title,
    description,
    severity,
    severity_rank,
    labels,
    application,
    component,
    lifecycle,
    origin,
    due_at,
    detected_at,
    resolved_at,
    first_seen_at,
    last_seen_at,
    occurrences,
    episode_occurrences,
    episodes,
    edited,
    newest_key,
    gap,
    failing_observed_at,
    text_key,
    floor_key,
    ends_of,
    link_writes,
    edited_at,
    created_at,
    updated_at,
    COALESCE(( SELECT json_agg(json_build_object('id', link.id, 'title', link.title, 'url', link.url) ORDER BY link.place) AS json_agg
           FROM ( SELECT l.id,
                    COALESCE(l.person_title, l.reported_title) AS title,
                    l.url,
                    l.person_title,
                    row_number() OVER (ORDER BY l.reported_key DESC NULLS LAST, l.reported_position) AS newest,
                    row_number() OVER (ORDER BY l.person_position, l.reported_key DESC NULLS LAST, l.reported_position) AS place
                   FROM links l
                  WHERE l.issue_key = issues.key) link
          WHERE link.newest <= 50 OR link.person_title IS NOT NULL), '[]'::json) AS links,
    COALESCE(( SELECT json_agg(json_build_object('id', r.id, 'outgoing', r.source_key = issues.key, 'other', json_build_object('id', o.id, 'title', o.title, 'description', o.description, 'severity', o.severity, 'issueType', o.issue_type, 'state', o.state, 'detectedAt', o.detected_at, 'resolvedAt', o.resolved_at, 'cluster', o.cluster, 'namespace', o.namespace, 'scopeId', o.identity, 'resourceType', o.resource_type, 'resourceName', o.resource_name, 'resourceNamespace', o.resource_namespace, 'createdAt', o.created_at, 'updatedAt', o.updated_at)) ORDER BY r.created_at, r.id) AS json_agg
           FROM relations r
             JOIN issues o ON o.key =
                CASE
                    WHEN r.source_key = issues.key THEN r.target_key
                    ELSE r.source_key
                END
          WHERE (r.source_key = issues.key OR r.target_key = issues.key) AND o.id IS NOT NULL), '[]'::json) AS relations
   FROM issues
  WHERE id IS NOT NULL;

CREATE OR REPLACE FUNCTION public.apply_alone(report incoming_report, rows text, is_pipeline boolean, now timestamp with time zone, whole boolean)
 RETURNS SETOF report_answer
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  present issues;
  is_new boolean := false;
  is_old boolean;
  failing constant boolean := report.outcome = 'failing';
  told constant boolean := report.content is not null;
  counted constant integer := (report.outcome = 'failing' and report.source <> 'user')::integer;
  named constant integer := least(coalesce(jsonb_array_length(report.content -> 'links'), 0), 50);
  prior smallint;
  opens boolean;
  replaces boolean;
  effect text;
  started timestamptz;
  link jsonb;
begin
  select * into present from issues i where i.identity = report.identity for no key update;
  is_old := report.source <> 'user' and report.filed_at < (select h.dropped_before from history h);
  -- An issue may wait for a pipeline whose row was purged. One that comes to wait later needs that row, and finds or awaits ours.
  if present.key is null and is_pipeline and exists (select from issues i where i.ends_of = report.identity) then
    return;
  end if;
  if present.key is null and not is_old then
    insert into issues (
      identity, cluster, namespace, resource_type, resource_name, resource_namespace, issue_type, id, state, title, description,
      severity, labels, due_at, detected_at, first_seen_at, last_seen_at, occurrences, episode_occurrences, episodes, newest_key,
      gap, episode_key, failing_observed_at, text_key, link_writes, created_at, updated_at
    )
    select r.identity, r.cluster, r.namespace, r.resource_type, r.resource_name, r.resource_namespace, r.issue_type,
      case when told then report.id end, case when failing then 'ACTIVE' end, report.content ->> 'title',
      report.content ->> 'description', report.content ->> 'severity', coalesce(report.content -> 'labels', '{}'),
      (report.content ->> 'dueAt')::timestamptz, case when failing then report.observed_at end,
      case counted when 1 then report.observed_at end, case counted when 1 then report.observed_at end, counted, counted,
      failing::integer, report.key, case when failing then 0 end, case when failing then report.key end,
      case when failing then report.observed_at end, case when told then report.key end, named, now, now
    from jsonb_to_record(rows::jsonb -> 0) as r (
      identity uuid, cluster text, namespace text, resource_type text, resource_name text, resource_namespace text, issue_type text
    )
    on conflict (identity) do nothing
    returning key, id into present.key, present.id;
    is_new := present.key is not null;
    if not is_new then
      select * into present from issues i where i.identity = report.identity for no key update;
    end if;
  end if;
  if is_old or present.key is null then
    return;
  end if;

  if not is_new then
    if not coalesce(
        report.key > present.newest_key or failing and present.gap = 0 and report.key > present.episode_key,
        present.newest_key is null
      )
      or report.key <= present.floor_key
      or is_pipeline and exists (select from issues i where i.ends_of = report.identity)
      or report.repeatable and exists (select from events e where e.distinct_key = report.distinct_key)
    then
      return;
    end if;
    prior := present.gap;
  end if;

  opens := failing and coalesce(prior, 1) >= 1;
  effect := case
    when failing and prior is null then 'opened'
    when opens then 'reopened'
    when failing then 'updated'
    when prior = 0 then 'resolved'
    else 'recorded'
  end;

  if not is_new then
    replaces := told and coalesce(report.key > present.text_key, true);
    started := case
      when opens then report.observed_at
      when failing then least(present.detected_at, report.observed_at)
      else present.detected_at
    end;
    update issues i
    set
      id = case when told then coalesce(i.id, report.id) else i.id end,
      created_at = case when told and i.id is null then now else i.created_at end,
      state = case when failing then 'ACTIVE' when prior is not null then 'RESOLVED' end,
      title = case when replaces and not 'title' = any (i.edited) then report.content ->> 'title' else i.title end,
      description = case
        when replaces and not 'description' = any (i.edited) then report.content ->> 'description' else i.description
      end,
      severity = case when replaces and not 'severity' = any (i.edited) then report.content ->> 'severity' else i.severity end,
      labels = case when replaces and not 'labels' = any (i.edited) then report.content -> 'labels' else i.labels end,
      due_at = case
        when replaces and not 'dueAt' = any (i.edited) then (report.content ->> 'dueAt')::timestamptz else i.due_at
      end,
      detected_at = started,
      resolved_at = case
        when failing or prior is null then null
        when prior = 0 then greatest(report.observed_at, i.failing_observed_at, started)
        else i.resolved_at
      end,
      first_seen_at = case counted when 1 then least(i.first_seen_at, report.observed_at) else i.first_seen_at end,
      last_seen_at = case counted when 1 then greatest(i.last_seen_at, report.observed_at) else i.last_seen_at end,
      occurrences = i.occurrences + counted,
      episode_occurrences = case when opens then 0 else i.episode_occurrences end + counted,
      episodes = i.episodes + opens::integer,
      newest_key = greatest(i.newest_key, report.key),
      gap = case when failing then 0 when prior is not null then 1 end,
      episode_key = case when failing and prior is distinct from 0 then report.key else i.episode_key end,
      failing_observed_at = case
        when not failing and i.newest_key is null then null
        when failing and coalesce(report.key > i.newest_key, true) then report.observed_at
        else i.failing_observed_at
      end,
      text_key = case when told then greatest(i.text_key, report.key) else i.text_key end,
      link_writes = i.link_writes + named,
      updated_at = greatest(i.updated_at, now)
    where i.key = present.key
    returning id, link_writes into present.id, present.link_writes;
  end if;

  insert into events (
    issue_key, filed_at, order_key, kind, outcome, source, event_id, distinct_key, anonymous, observed_at,
    subject_created_at, received_at, prior, effect, run_name, run_uid, actor, content
  )
  values (
    present.key, report.filed_at, report.key, case report.source when 'user' then 'action' else 'report' end, report.outcome,
    report.source, report.event_id, report.distinct_key, report.anonymous, report.observed_at, report.subject_created_at, now,
    prior, effect, report.run_name, report.run_uid, report.actor, report.content
  );

  -- One that names the same URL twice means the first; named later first, the earlier wins.
  for place in reverse named..1 loop
    link := report.content -> 'links' -> (place - 1);
    insert into links (id, issue_key, url, reported_title, reported_key, reported_position)
    values (link_id(present.id, link ->> 'url'), present.key, link ->> 'url', link ->> 'title', report.key, place)
    on conflict (issue_key, id) do update
    set reported_title = excluded.reported_title, reported_key = excluded.reported_key,
      reported_position = excluded.reported_position
    where links.reported_key is null or links.reported_key <= excluded.reported_key;
  end loop;
  if present.link_writes >= 150 then
    perform trim_links(array[present.key]);
  end if;

  return next row(
    report.n, effect, effect, present.id,
    case when whole and present.id is not null then (select to_jsonb(d) from issue_documents d where d.id = present.id) end
  )::report_answer;
end
$function$;

CREATE OR REPLACE FUNCTION public.apply_in_order(batch incoming_report[], now timestamp with time zone, whole boolean, dropped_before timestamp with time zone)
 RETURNS SETOF report_answer
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  answers report_answer[];
  worn bigint[];
begin
  with
  report as (
    select b.*, i.key as issue_key, i.id as issue_id, i.gap, b.outcome = 'failing' as failing,
      bool_and(
        coalesce(b.key > i.newest_key or b.outcome = 'failing' and i.gap = 0 and b.key > i.episode_key, i.newest_key is null)
        and (i.floor_key is null or b.key > i.floor_key)
        and (b.source = 'user' or b.filed_at >= dropped_before)
      ) over () as is_fit
    from unnest(batch) as b
    join issues i on i.identity = b.identity
  ),
  preceded as (
    select r.*,
      lag(r.failing) over before as failed_before,
      count(*) filter (where r.failing) over before > r.failing::integer as failed_ever,
      coalesce(r.issue_id, first_value(r.id) over before) as open_id
    from report r
    where r.is_fit
    window before as (partition by r.issue_key order by r.key rows between unbounded preceding and current row)
  ),
  -- prior: what the row's gap would say just before the report.
  judged as (
    select p.*,
      case
        when p.failed_before is null then p.gap
        when p.failed_before then 0
        when p.failed_ever or p.gap is not null then 1
      end as prior
    from preceded p
  ),
  counted as (
    select j.*,
      j.failing and j.source <> 'user' as counts,
      count(*) filter (where j.failing and coalesce(j.prior, 1) >= 1) over so_far as episode,
      count(*) filter (where j.failing) over so_far as failures,
      count(*) filter (where j.content is not null) over so_far as told,
      row_number() over so_far as place
    from judged j
    window so_far as (partition by j.issue_key order by j.key rows between unbounded preceding and current row)
  ),
  placed as materialized (
    select c.*,
      c.place = count(*) over of_issue as is_last,
      c.failures = max(c.failures) over of_issue as is_since_last_failure,
      c.told = max(c.told) over of_issue as is_since_last_text,
      c.episode = max(c.episode) over of_issue as is_of_last_episode,
      case
        when c.failing and c.prior is null then 'opened'
        when c.failing and c.prior >= 1 then 'reopened'
        when c.failing then 'updated'
        when c.prior = 0 then 'resolved'
        else 'recorded'
      end as effect
    from counted c
    window of_issue as (partition by c.issue_key)
  ),
  summed as (
    select p.issue_key,
      max(p.told) > 0 as is_told,
      max(p.episode) as episodes,
      count(*) filter (where p.counts) as occurrences,
      count(*) filter (where p.counts and p.is_of_last_episode) as episode_occurrences,
      min(p.observed_at) filter (where p.counts) as first_seen_at,
      max(p.observed_at) filter (where p.counts) as last_seen_at,
      min(p.observed_at) filter (where p.failing and p.is_of_last_episode) as detected_at,
      min(p.observed_at) filter (where p.failing and p.is_since_last_failure) as failing_observed_at,
      min(p.observed_at) filter (where not p.failing and p.prior = 0 and p.is_since_last_failure) as closed_at,
      min(case when p.failing then 0 when p.prior is not null then 1 end) filter (where p.is_last) as gap,
      (array_agg(p.key) filter (where p.is_last))[1] as newest_key,
      (array_agg(p.key) filter (where p.failing and p.prior is distinct from 0 and p.is_of_last_episode))[1] as episode_key,
      (array_agg(p.key) filter (where p.failing and p.is_since_last_failure))[1] as failing_key,
      (array_agg(p.open_id) filter (where p.is_last))[1] as open_id,
      (array_agg(p.key) filter (where p.content is not null and p.is_since_last_text))[1] as text_key,
      (array_agg(p.content) filter (where p.content is not null and p.is_since_last_text))[1] as content,
      coalesce(sum(jsonb_array_length(p.content -> 'links')), 0) as links
    from placed p
    group by p.issue_key
  ),
  changed as (
    update issues i
    set
      id = case when s.is_told then s.open_id else i.id end,
      created_at = case when s.is_told and i.id is null then now else i.created_at end,
      state = case s.gap when 0 then 'ACTIVE' when 1 then 'RESOLVED' end,
      title = case when coalesce(s.text_key > i.text_key, s.is_told) and not 'title' = any (i.edited) then s.content ->> 'title' else i.title end,
      description = case
        when coalesce(s.text_key > i.text_key, s.is_told) and not 'description' = any (i.edited) then s.content ->> 'description' else i.description
      end,
      severity = case when coalesce(s.text_key > i.text_key, s.is_told) and not 'severity' = any (i.edited) then s.content ->> 'severity' else i.severity end,
      labels = case when coalesce(s.text_key > i.text_key, s.is_told) and not 'labels' = any (i.edited) then s.content -> 'labels' else i.labels end,
      due_at = case
        when coalesce(s.text_key > i.text_key, s.is_told) and not 'dueAt' = any (i.edited) then (s.content ->> 'dueAt')::timestamptz else i.due_at
      end,
      detected_at = case when s.episodes > 0 then s.detected_at else least(i.detected_at, s.detected_at) end,
      resolved_at = case
        when s.gap is distinct from 1 then null
        when s.closed_at is not null
          then greatest(
            s.closed_at,
            case
              when s.failing_key > i.newest_key or i.newest_key is null then s.failing_observed_at
              else i.failing_observed_at
            end,
            case when s.episodes > 0 then s.detected_at else least(i.detected_at, s.detected_at) end
          )
        else i.resolved_at
      end,
      first_seen_at = least(i.first_seen_at, s.first_seen_at),
      last_seen_at = greatest(i.last_seen_at, s.last_seen_at),
      occurrences = i.occurrences + s.occurrences,
      episode_occurrences = case when s.episodes > 0 then 0 else i.episode_occurrences end + s.episode_occurrences,
      episodes = i.episodes + s.episodes,
      newest_key = greatest(i.newest_key, s.newest_key),
      gap = s.gap,
      episode_key = coalesce(s.episode_key, i.episode_key),
      failing_observed_at = case
        when s.failing_key > i.newest_key or i.newest_key is null then s.failing_observed_at else i.failing_observed_at
      end,
      text_key = greatest(i.text_key, s.text_key),
      link_writes = i.link_writes + least(s.links, 50),
      updated_at = greatest(i.updated_at, now)
    from summed s
    where i.key = s.issue_key
    returning i.key, i.link_writes
  ),
  kept as (
    insert into events (
      issue_key, filed_at, order_key, kind, outcome, source, event_id, distinct_key, anonymous, observed_at,
      subject_created_at, received_at, prior, effect, run_name, run_uid, actor, content
    )
    select p.issue_key, p.filed_at, p.key, case p.source when 'user' then 'action' else 'report' end, p.outcome, p.source,
      p.event_id, p.distinct_key, p.anonymous, p.observed_at, p.subject_created_at, now, p.prior, p.effect, p.run_name,
      p.run_uid, p.actor, p.content
    from placed p
  ),
  -- Of what the batch names, the newest fifty of each issue: the rest would be trimmed at once.
  named as (
    select n.*, row_number() over (partition by n.issue_key order by n.key desc, n.place) as rank
    from (
      select distinct on (p.issue_key, l ->> 'url') p.issue_key, p.open_id, p.key, l ->> 'url' as url, l ->> 'title' as title,
        l.place
      from placed p
      cross join lateral jsonb_array_elements(p.content -> 'links') with ordinality as l (l, place)
      where p.content is not null
      order by p.issue_key, l ->> 'url', p.key desc, l.place
    ) as n
  ),
  linked as (
    insert into links (id, issue_key, url, reported_title, reported_key, reported_position)
    select link_id(n.open_id, n.url), n.issue_key, n.url, n.title, n.key, n.place
    from named n
    where n.rank <= 50
    on conflict (issue_key, id) do update
    set reported_title = excluded.reported_title, reported_key = excluded.reported_key,
      reported_position = excluded.reported_position
    where links.reported_key is null or links.reported_key < excluded.reported_key
  )
  select array_agg(row(
    p.n, p.effect, p.effect, case when p.told > 0 or p.issue_id is not null then p.open_id end, null
  )::report_answer), (select array_agg(c.key) from changed c where c.link_writes >= 150)
  into answers, worn
  from placed p;

  if worn is not null then
    perform trim_links(worn);
  end if;

  if whole then
    return query
    select a.n, a.status, a.effect, a.issue_id, to_jsonb(d) from unnest(answers) as a left join issue_documents d on d.id = a.issue_id;
  elsif answers is not null then
    return query select * from unnest(answers);
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION public.apply_late(batch incoming_report[], held bigint[], fresh uuid[], known jsonb, ends_wanted boolean, now timestamp with time zone, whole boolean, dropped_before timestamp with time zone)
 RETURNS SETOF report_answer
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  -- What the history holds that the batch may change the meaning of; empty when reports come in order.
  tail newer_event[] := '{}';
  -- Reports on a pipeline that came before the first MintMaker issue that waits for its runs.
  seeds events[] := '{}';
  moved newer_event[];
  answers jsonb;
begin
  if ends_wanted then
    select coalesce(array_agg(e), '{}') into seeds
    from issues p
    join events e on e.issue_key = p.key and e.kind = 'report'
    where p.key = any (held)
      and p.identity in (select i.ends_of from issues i where i.key = any (held) and i.identity = any (fresh));
  end if;

  -- In order, nothing is newer than the oldest addition. Else all that is newer is looked at again; for
  -- MintMaker from the start of the episode before it, since there an addition may join what stood apart. (A
  -- report's place tells that all behind it is kept; an action's does not, since actions are kept longer than
  -- the reports around them.) And, as context, the success without an id before all that, of which the next
  -- one may be a retry.
  if ends_wanted or exists (
    select from unnest(batch) as b
    join issues i on i.identity = b.identity and i.key = any (held)
    where b.key < i.newest_key
  ) then
    with report as (
      select b.identity, b.source, b.key
      from unnest(batch) as b
      where not known ? b.n::text
    ),
    coming as (
      select i.key as issue_key, i.ends_of is not null as waits, i.newest_key, i.floor_key, b.key
      from report b
      join issues i on i.identity = b.identity and i.key = any (held)
      where i.newest_key is not null
      union all
      select i.key, true, i.newest_key, i.floor_key, end_key(b.key)
      from report b
      join issues i on i.ends_of = b.identity and i.key = any (held)
      where i.newest_key is not null and b.source <> 'user'
    ),
    oldest as (
      select distinct on (c.issue_key) c.issue_key, c.waits, c.key, c.key < c.newest_key as late
      from coming c
      where c.floor_key is null or c.key > c.floor_key
      order by c.issue_key, c.key
    ),
    begun as (
      select o.issue_key, o.waits, o.late, coalesce(
        (
          select e.order_key from events e
          where o.waits and o.late and e.issue_key = o.issue_key and e.order_key < o.key
            and e.kind = 'report' and e.outcome = 'failing' and (e.prior is null or e.prior >= 2)
          order by e.order_key desc limit 1
        ),
        o.key
      ) as start
      from oldest o
    )
    select coalesce(array_agg((e.issue_key, e.order_key, e.kind, e.outcome, e.observed_at, e.anonymous, e.prior)::newer_event), '{}')
    into tail
    from begun
    cross join lateral (
      (
        select e.issue_key, e.order_key, e.kind, e.outcome, e.observed_at, e.anonymous, e.prior
        from events e
        where begun.late and e.issue_key = begun.issue_key and e.order_key >= begun.start and e.kind <> 'edit'
      )
      union all
      (
        select e.issue_key, e.order_key, 'context', e.outcome, e.observed_at, e.anonymous, e.prior
        from events e
        where begun.waits and e.issue_key = begun.issue_key and e.order_key < begun.start
          and e.kind = 'end' and e.anonymous
        order by e.order_key desc limit 1
      )
    ) as e;
  end if;

  with
  target as (
    select i.key, i.identity, i.id, i.newest_key, i.gap, i.floor_key, i.text_key, i.detected_at, i.ends_of,
      i.failing_observed_at, i.resolved_at, i.edited,
      case when i.ends_of is null then 1 else 2 end as closing
    from issues i
    where i.key = any (held)
  ),
  judged_alone as (
    select r.*, t.key as issue_key, known ->> r.n::text as first_effect,
      case
        when known ? r.n::text then 'duplicate'
        when r.key <= t.floor_key or r.source <> 'user' and r.filed_at < dropped_before then 'stale'
        when row_number() over (
          partition by r.distinct_key, coalesce(r.key <= t.floor_key, false) order by r.n
        ) > 1 then 'duplicate'
        else 'accepted'
      end as verdict
    from unnest(batch) as r
    join target t on t.identity = r.identity
  ),
  -- A report with a leader counts only if its leader does.
  judged as (
    select w.n, w.identity, w.id, w.outcome, w.key, w.observed_at, w.subject_created_at, w.filed_at, w.source,
      w.event_id, w.distinct_key, w.anonymous, w.run_name, w.run_uid, w.actor, w.content, w.issue_key,
      coalesce(w.first_effect, l.first_effect) as first_effect,
      case when w.verdict = 'accepted' and l.verdict <> 'accepted' then l.verdict else w.verdict end as verdict
    from judged_alone w
    left join judged_alone l on l.n = w.leader
  ),
  -- What joins the history: the reports themselves, and for MintMaker's issues the ends of runs.
  added as (
    select j.issue_key, j.n, case j.source when 'user' then 'action' else 'report' end as kind, j.outcome, j.key,
      j.observed_at, j.subject_created_at, j.filed_at, j.source, j.event_id, j.distinct_key, j.anonymous, j.run_name, j.run_uid,
      j.actor, j.id, j.content, false as nameless, now as received_at
    from judged j
    where j.verdict = 'accepted'
    union all
    select t.key, null, 'end', 'passing', end_key(j.key),
      j.observed_at, j.subject_created_at, j.filed_at, j.source, j.event_id, null, j.anonymous, null, null,
      null, null, null, j.anonymous and j.outcome = 'passing', now
    from judged j
    join target t on t.ends_of = j.identity
    where j.verdict = 'accepted' and j.source <> 'user'
      and (t.floor_key is null
        or end_key(j.key) > t.floor_key)
    union all
    select t.key, null, 'end', 'passing', end_key(e.order_key),
      e.observed_at, e.subject_created_at, e.filed_at, e.source, e.event_id, null, e.anonymous, null, null,
      null, null, null, e.anonymous and e.outcome = 'passing', e.received_at
    from target t
    join target p on p.identity = t.ends_of
    join unnest(seeds) as e on e.issue_key = p.key
    where t.identity = any (fresh)
  ),
  touched as (
    select distinct on (a.issue_key) a.issue_key, t.gap, t.closing
    from added a
    join target t on t.key = a.issue_key
    order by a.issue_key
  ),
  tail_start as (
    select distinct on (e.issue_key) e.issue_key, e.prior from unnest(tail) as e
    where e.kind <> 'context' order by e.issue_key, e.order_key
  ),
  tail_end as (
    select distinct on (e.issue_key) e.issue_key, e.order_key from unnest(tail) as e
    where e.kind <> 'context' order by e.issue_key, e.order_key desc
  ),
  timeline as (
    select a.*, a.outcome = 'failing' as failing, true as is_new, null::smallint as prior
    from added a
    union all
    select e.issue_key, null, e.kind, e.outcome, e.order_key, e.observed_at, null, null, null, null, null, null, null,
      null, null, null, null, e.kind in ('end', 'context') and e.anonymous, null,
      e.outcome = 'failing', false, e.prior
    from unnest(tail) as e
  ),
  weighed as (
    select h.*, o.closing,
      case
        when h.failing or h.kind = 'context' then 0
        when h.kind <> 'end' then o.closing
        when h.nameless and abs(extract(epoch from h.observed_at - lag(h.observed_at) over alike)) < 60 then 0
        else 1
      end as weight,
      -- What stood before all of this: what the first event of the tail remembers, else the row itself.
      case when b.issue_key is null then o.gap else b.prior end as carry,
      z.order_key is null or h.key > z.order_key as nothing_newer
    from timeline h
    join touched o using (issue_key)
    left join tail_start b using (issue_key)
    left join tail_end z using (issue_key)
    window alike as (partition by h.issue_key, h.nameless order by h.key)
  ),
  summed as (
    select w.*,
      coalesce(sum(w.weight) over before, 0) as weight_before,
      max(w.passed) filter (where w.failing) over before as passed_at_failure
    from (
      select w.*, sum(w.weight) over (partition by w.issue_key order by w.key) as passed from weighed w
    ) as w
    window before as (partition by w.issue_key order by w.key rows between unbounded preceding and 1 preceding)
  ),
  walked as (
    select s.*,
      case
        when s.passed_at_failure is not null then least(s.closing, s.weight_before - s.passed_at_failure)
        when s.carry is not null then least(s.closing, s.carry + s.weight_before)
      end as gap_before,
      case
        when s.failing then 0
        when s.passed_at_failure is not null then least(s.closing, s.passed - s.passed_at_failure)
        when s.carry is not null then least(s.closing, s.carry + s.passed)
      end as gap_after
    from summed s
  ),
  marked as (
    select w.*,
      w.failing and (w.gap_before is null or w.gap_before >= w.closing) as starts,
      not w.is_new and w.failing and (w.prior is null or w.prior >= w.closing) as started
    from walked w
  ),
  last_failing as (
    select distinct on (m.issue_key) m.issue_key, m.key, m.observed_at
    from marked m where m.failing order by m.issue_key, m.key desc
  ),
  last_start as (
    select distinct on (m.issue_key) m.issue_key, m.key
    from marked m where m.starts order by m.issue_key, m.key desc
  ),
  -- The passing event that closes the issue after its newest failure.
  closer as (
    select distinct on (m.issue_key) m.issue_key, m.observed_at
    from marked m
    left join last_failing f using (issue_key)
    where m.gap_after >= m.closing and m.gap_before < m.closing and (f.key is null or m.key > f.key)
    order by m.issue_key, m.key
  ),
  last_event as (
    select distinct on (m.issue_key) m.issue_key, m.key, m.gap_after
    from marked m order by m.issue_key, m.key desc
  ),
  totals as (
    select m.issue_key,
      count(*) filter (where m.starts) - count(*) filter (where m.started) as episodes,
      count(*) filter (where m.is_new and m.failing and m.kind = 'report') as occurrences,
      min(m.observed_at) filter (where m.is_new and m.failing and m.kind = 'report') as first_seen_at,
      max(m.observed_at) filter (where m.is_new and m.failing and m.kind = 'report') as last_seen_at,
      min(m.observed_at) filter (where m.failing and (s.key is null or m.key >= s.key)) as detected_at,
      count(*) filter (
        where m.failing and m.kind = 'report' and (m.key >= s.key or s.key is null and m.is_new)
      ) as episode_occurrences
    from marked m
    left join last_start s using (issue_key)
    group by m.issue_key
  ),
  text as (
    select distinct on (a.issue_key) a.issue_key, a.key, a.content, a.id
    from added a
    join target t on t.key = a.issue_key
    where a.content is not null and (t.text_key is null or a.key > t.text_key)
    order by a.issue_key, a.key desc
  ),
  named as (
    select distinct on (a.issue_key, link.url) a.issue_key, a.key, link.url, link.title, link.place
    from added a
    cross join lateral (
      select l ->> 'url' as url, l ->> 'title' as title, place
      from jsonb_array_elements(a.content -> 'links') with ordinality as l (l, place)
    ) as link
    where a.content is not null
    order by a.issue_key, link.url, a.key desc, link.place
  ),
  changed as (
    update issues i
    set
      id = coalesce(i.id, text.id),
      created_at = case when i.id is null and text.id is not null then now else i.created_at end,
      state = case when after.gap is null then null when after.gap < t.closing then 'ACTIVE' else 'RESOLVED' end,
      title = case when text.key is null or 'title' = any (i.edited) then i.title else text.content ->> 'title' end,
      description = case
        when text.key is null or 'description' = any (i.edited) then i.description else text.content ->> 'description'
      end,
      severity = case
        when text.key is null or 'severity' = any (i.edited) then i.severity else text.content ->> 'severity'
      end,
      labels = case when text.key is null or 'labels' = any (i.edited) then i.labels else text.content -> 'labels' end,
      due_at = case
        when text.key is null or 'dueAt' = any (i.edited) then i.due_at else (text.content ->> 'dueAt')::timestamptz
      end,
      detected_at = after.detected_at,
      resolved_at = case
        when after.gap is null or after.gap < t.closing then null
        when c.observed_at is null and f.key is null then i.resolved_at
        else greatest(c.observed_at, coalesce(f.observed_at, i.failing_observed_at), after.detected_at)
      end,
      first_seen_at = least(i.first_seen_at, n.first_seen_at),
      last_seen_at = greatest(i.last_seen_at, n.last_seen_at),
      occurrences = i.occurrences + n.occurrences,
      episode_occurrences = case when s.key is null then i.episode_occurrences else 0 end + n.episode_occurrences,
      episodes = i.episodes + n.episodes,
      newest_key = after.newest_key,
      gap = after.gap,
      episode_key = coalesce(s.key, i.episode_key),
      failing_observed_at = coalesce(f.observed_at, i.failing_observed_at),
      text_key = coalesce(text.key, i.text_key),
      link_writes = i.link_writes + coalesce(w.links, 0),
      updated_at = greatest(i.updated_at, now)
    from target t
    join totals n on n.issue_key = t.key
    join last_event e on e.issue_key = t.key
    left join last_failing f on f.issue_key = t.key
    left join last_start s on s.issue_key = t.key
    left join closer c on c.issue_key = t.key
    left join text on text.issue_key = t.key
    left join (select named.issue_key, count(*) as links from named group by named.issue_key) as w on w.issue_key = t.key
    cross join lateral (
      select
        case when t.newest_key is null or e.key > t.newest_key then e.key else t.newest_key end as newest_key,
        e.gap_after as gap,
        case when s.key is not null then n.detected_at else least(t.detected_at, n.detected_at) end as detected_at
    ) as after
    where i.key = t.key and i.key = any (held)
    returning i.key, i.link_writes
  ),
  decided as (
    select m.*,
      case
        when m.nothing_newer then
          case
            when m.failing and m.gap_before is null then 'opened'
            when m.starts then 'reopened'
            when m.failing then 'updated'
            when m.gap_before < m.closing and m.gap_after >= m.closing then 'resolved'
            else 'recorded'
          end
        when m.failing and t.gap is null and e.gap_after < m.closing then 'opened'
        when m.failing and t.gap >= t.closing and e.gap_after < m.closing then 'reopened'
        when m.failing and e.gap_after < m.closing then 'updated'
        when not m.failing and t.gap < t.closing and e.gap_after >= m.closing then 'resolved'
        else 'recorded'
      end as effect
    from marked m
    join target t on t.key = m.issue_key
    join last_event e on e.issue_key = m.issue_key
    where m.is_new
  ),
  kept as (
    insert into events (
      issue_key, filed_at, order_key, kind, outcome, source, event_id, distinct_key, anonymous, observed_at,
      subject_created_at, received_at, prior, effect, run_name, run_uid, actor, content
    )
    select d.issue_key, d.filed_at, d.key, d.kind, d.outcome, d.source, d.event_id, d.distinct_key,
      case d.kind when 'end' then d.nameless else d.anonymous end,
      d.observed_at, d.subject_created_at, d.received_at, d.gap_before, d.effect, d.run_name, d.run_uid, d.actor,
      d.content
    from decided d
  ),
  linked as (
    insert into links (id, issue_key, url, reported_title, reported_key, reported_position)
    select link_id(coalesce(t.id, text.id), named.url), named.issue_key, named.url, named.title,
      named.key, named.place
    from named
    join target t on t.key = named.issue_key
    left join text on text.issue_key = named.issue_key
    order by 1
    on conflict (issue_key, id) do update
    set reported_title = excluded.reported_title, reported_key = excluded.reported_key,
      reported_position = excluded.reported_position
    where links.reported_key is null or links.reported_key < excluded.reported_key
  )
  select jsonb_agg(jsonb_build_object(
    'n', j.n, 'key', j.issue_key,
    'status', case j.verdict when 'accepted' then f.effect else j.verdict end,
    'effect', coalesce(j.first_effect, f.effect, twin.effect, 'recorded'),
    'trim', coalesce(c.link_writes >= 150, false)
  )),
  (
    select coalesce(array_agg((m.issue_key, m.key, m.kind, m.outcome, m.observed_at, m.nameless, m.gap_before)::newer_event), '{}')
    from marked m
    where not m.is_new and m.kind <> 'context' and m.prior is distinct from m.gap_before
  )
  into answers, moved
  from judged j
  left join decided f on f.n = j.n
  left join decided twin on j.verdict = 'duplicate' and twin.distinct_key = j.distinct_key
  left join changed c on c.key = j.issue_key;

  -- What stands before each newer event, where the additions have changed it.
  if cardinality(moved) > 0 then
    update events e set prior = m.prior
    from unnest(moved) as m
    where e.issue_key = m.issue_key and e.order_key = m.order_key;
  end if;

  if exists (select from jsonb_array_elements(answers) as a where (a ->> 'trim')::boolean) then
    perform trim_links(array(
      select distinct (a ->> 'key')::bigint from jsonb_array_elements(answers) as a where (a ->> 'trim')::boolean
    ));
  end if;

  return query
  select (a ->> 'n')::integer, a ->> 'status', a ->> 'effect', i.id, i.document
  from jsonb_array_elements(answers) as a
  join (
    select i.key, i.id, case when whole then (select to_jsonb(d) from issue_documents d where d.id = i.id) end as document
    from issues i
    where i.key = any (held)
  ) as i on i.key = (a ->> 'key')::bigint;
end
$function$;

CREATE OR REPLACE FUNCTION public.apply_reports(pipelines uuid[], others uuid[], rows text, numbers integer[], identities uuid[], ids uuid[], outcomes text[], keys bytea[], observed_ats timestamp with time zone[], subject_created_ats timestamp with time zone[], filed_ats timestamp with time zone[], sources text[], event_ids text[], distinct_keys uuid[], repeatables boolean[], anonymouses boolean[], run_names text[], run_uids text[], actors text[], leaders integer[], contents jsonb, now timestamp with time zone, whole boolean)
 RETURNS SETOF report_answer
 LANGUAGE plpgsql
 SET jit TO 'off'
 SET enable_seqscan TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
#variable_conflict use_column
declare
  expected constant integer := cardinality(pipelines) + cardinality(others);
  batch incoming_report[];
  fresh uuid[] := '{}';
  held bigint[] := '{}';
  found_rows integer := 0;
  more_rows integer;
  known jsonb := '{}';
  ends_wanted boolean := false;
  dropped_before timestamptz;
begin
  if cardinality(numbers) = 1 and expected = 1 then
    return query select * from apply_alone(
      row(
        numbers[1], identities[1], ids[1], outcomes[1], keys[1], observed_ats[1], subject_created_ats[1], filed_ats[1], sources[1],
        event_ids[1], distinct_keys[1], repeatables[1], anonymouses[1], run_names[1], run_uids[1], actors[1], leaders[1],
        nullif(contents -> 0, 'null')
      )::incoming_report,
      rows, cardinality(pipelines) = 1, now, whole
    );
    if found then
      return;
    end if;
  end if;
  dropped_before := (select h.dropped_before from history h);

  -- Rows first, locks after: whoever waits for another's new row holds no lock that the other could want.
  if (select count(*) from issues i where i.identity = any (pipelines || others)) < expected then
    with created as (
      insert into issues (
        identity, cluster, namespace, resource_type, resource_name, resource_namespace, issue_type, ends_of,
        created_at, updated_at
      )
      select r.identity, r.cluster, r.namespace, r.resource_type, r.resource_name, r.resource_namespace,
        r.issue_type, r.ends_of, now, now
      from jsonb_to_recordset(rows::jsonb) as r (
        identity uuid, cluster text, namespace text, resource_type text, resource_name text,
        resource_namespace text, issue_type text, ends_of uuid
      )
      order by r.resource_type <> 'pipelinerun' or r.issue_type <> 'pipeline', r.identity
      on conflict (identity) do nothing
      returning identity
    )
    select coalesce(array_agg(identity), '{}') into fresh from created;
  end if;

  if cardinality(pipelines) > 0 then
    with locked as (
      select i.key from issues i where i.identity = any (pipelines) order by i.identity for no key update
    )
    select coalesce(array_agg(key), '{}') into held from locked;
    found_rows := cardinality(held);
    with locked as (
      select i.key, i.identity from issues i
      where i.identity = any (others) or i.ends_of = any (pipelines)
      order by i.identity
      for no key update
    )
    select held || coalesce(array_agg(key), '{}'), count(*) filter (where identity = any (others))
    into held, more_rows
    from locked;
    found_rows := found_rows + more_rows;
    select coalesce(bool_or(i.ends_of is not null), false) into ends_wanted from issues i where i.key = any (held);
  else
    with locked as (
      select i.key from issues i where i.identity = any (others) order by i.identity for no key update
    )
    select coalesce(array_agg(key), '{}') into held from locked;
    found_rows := cardinality(held);
  end if;

  if found_rows <> expected then
    raise exception 'an identity was purged while it was being locked' using errcode = 'serialization_failure';
  end if;

  -- From here on every statement sees what was committed before the locks were had.

  batch := array(
    select row(
      r.n, r.identity, r.id, r.outcome, r.key, r.observed_at, r.subject_created_at, r.filed_at, r.source, r.event_id,
      r.distinct_key, r.repeatable, r.anonymous, r.run_name, r.run_uid, r.actor, r.leader, nullif(r.content, 'null')
    )::incoming_report
    from rows from (
      unnest(numbers), unnest(identities), unnest(ids), unnest(outcomes), unnest(keys), unnest(observed_ats),
      unnest(subject_created_ats), unnest(filed_ats), unnest(sources), unnest(event_ids), unnest(distinct_keys),
      unnest(repeatables), unnest(anonymouses), unnest(run_names), unnest(run_uids), unnest(actors), unnest(leaders),
      jsonb_array_elements(contents)
    ) as r (
      n, identity, id, outcome, key, observed_at, subject_created_at, filed_at, source, event_id,
      distinct_key, repeatable, anonymous, run_name, run_uid, actor, leader, content
    )
  );

  if cardinality(fresh) < expected and true = any (repeatables) then
    select coalesce(jsonb_object_agg(b.n, e.effect), '{}') into known
    from events e
    join unnest(batch) as b on b.distinct_key = e.distinct_key and b.repeatable
    where e.distinct_key = any (distinct_keys);
  end if;

  if known = '{}' and not ends_wanted and (
    expected = cardinality(numbers) or cardinality(numbers) = (select count(distinct k) from unnest(distinct_keys) as k)
  ) then
    return query select * from apply_in_order(batch, now, whole, dropped_before);
    if found then
      return;
    end if;
  end if;
  return query select * from apply_late(batch, held, fresh, known, ends_wanted, now, whole, dropped_before);
end
$function$;

CREATE OR REPLACE FUNCTION public.count_issue()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op <> 'INSERT' and old.id is not null then
    insert into issue_counts values (
      old.namespace, old.cluster, old.issue_type, old.severity, old.state, coalesce(old.lifecycle, 'unknown'), -1
    );
  end if;
  if tg_op <> 'DELETE' and new.id is not null then
    insert into issue_counts values (
      new.namespace, new.cluster, new.issue_type, new.severity, new.state, coalesce(new.lifecycle, 'unknown'), 1
    );
  end if;
  if nextval('issue_counts_changes') % 64 = 0 then
    perform fold_issue_counts(coalesce(new.namespace, old.namespace));
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.end_key(report_key bytea)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select substr(report_key, 1, 16) || '\x00'::bytea || substr(report_key, 18) || '\x00656e64'::bytea
$function$;

CREATE OR REPLACE FUNCTION public.fold_issue_counts(folded text)
 RETURNS void
 LANGUAGE sql
AS $function$
  with taken as (
    delete from issue_counts c
    where c.ctid = any (array(select f.ctid from issue_counts f where f.namespace = folded for update skip locked))
    returning c.*
  )
  insert into issue_counts
  select namespace, cluster, issue_type, severity, state, lifecycle, sum(amount)
  from taken
  group by namespace, cluster, issue_type, severity, state, lifecycle
  having sum(amount) <> 0
$function$;

CREATE OR REPLACE FUNCTION public.identity_of(cluster text, namespace text, resource_type text, resource_name text, resource_namespace text, issue_type text)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.index_texts(most integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
declare
  waiting constant bigint[] := array(select w.issue_key from texts_waiting w order by w.issue_key limit most);
  taken bigint[];
begin
  if cardinality(waiting) = 0 or not pg_try_advisory_xact_lock(hashtext('index_texts')) then
    return 0;
  end if;
  delete from issue_texts t
  where t.issue_key = any (waiting)
    and not exists (select from issues i where i.key = t.issue_key and i.id is not null);
  insert into issue_texts
  select i.key, i.namespace, words_of(i.title, i.description, i.resource_name)
  from issues i
  where i.key = any (waiting) and i.id is not null
  on conflict (issue_key) do update set words = excluded.words where issue_texts.words <> excluded.words;
  -- A list of pending entries would be read by every search.
  perform gin_clean_pending_list('issue_texts_by_words');

  taken := array(
    select i.key
    from issues i
    left join issue_texts t on t.issue_key = i.key
    where i.key = any (waiting)
      and t.words is not distinct from
        case when i.id is not null then words_of(i.title, i.description, i.resource_name) end
    for no key update of i skip locked
  );
  delete from texts_waiting w
  where w.issue_key = any (taken)
    or w.issue_key = any (waiting) and not exists (select from issues i where i.key = w.issue_key);
  update issues i set words_waiting = false where i.key = any (taken);
  return cardinality(taken);
end
$function$;

CREATE OR REPLACE FUNCTION public.let_words_wait()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into texts_waiting values (new.key) on conflict do nothing;
  new.words_waiting := true;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.link_id(issue uuid, url text)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select overlay(overlay(md5(issue::text || ' ' || url) placing '8' from 13) placing '8' from 17)::uuid
$function$;

CREATE OR REPLACE FUNCTION public.read_issues(ids uuid[])
 RETURNS json
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
AS $function$
begin
  return (
    with page as materialized (
      select asked.place, i.key, i.id, i.identity, i.title, i.description, i.severity, i.issue_type, i.state, i.cluster,
        i.namespace, i.resource_type, i.resource_name, i.resource_namespace, i.labels, i.due_at, i.detected_at,
        i.resolved_at, i.first_seen_at, i.last_seen_at, i.occurrences, i.episode_occurrences, i.episodes, i.created_at,
        i.updated_at
      from unnest(ids) with ordinality as asked (id, place)
      join issues i on i.id = asked.id
    ),
    link as (
      select l.*, row_number() over (
        partition by l.issue_key order by l.reported_key desc nulls last, l.reported_position
      ) as newest
      from links l
      where l.issue_key = any (array(select key from page))
    ),
    relation as (
      select source_key as issue_key, target_key as other_key, id, true as outgoing, created_at
      from relations where source_key = any (array(select key from page))
      union all
      select target_key, source_key, id, false, created_at
      from relations where target_key = any (array(select key from page))
    )
    select json_build_object(
      'issues', (select json_agg(page order by place) from page),
      'links', (
        select json_agg(
          json_build_object('issue_key', l.issue_key, 'id', l.id, 'title', coalesce(l.person_title, l.reported_title), 'url', l.url)
          order by l.person_position, l.reported_key desc nulls last, l.reported_position
        )
        from link l
        where l.newest <= 50 or l.person_title is not null
      ),
      'relations', (
        select json_agg(
          json_build_object(
            'issue_key', r.issue_key, 'id', r.id, 'outgoing', r.outgoing,
            'other', json_build_object(
              'id', o.id, 'title', o.title, 'description', o.description, 'severity', o.severity, 'issueType', o.issue_type,
              'state', o.state, 'detectedAt', o.detected_at, 'resolvedAt', o.resolved_at, 'cluster', o.cluster,
              'namespace', o.namespace, 'scopeId', o.identity, 'resourceType', o.resource_type,
              'resourceName', o.resource_name, 'resourceNamespace', o.resource_namespace, 'createdAt', o.created_at,
              'updatedAt', o.updated_at
            )
          )
          order by r.created_at, r.id
        )
        from relation r
        join issues o on o.key = r.other_key
        where o.id is not null
      )
    )
  );
end
$function$;

CREATE OR REPLACE FUNCTION public.refuse_wrong_identity()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.identity is distinct from identity_of(
    new.cluster, new.namespace, new.resource_type, new.resource_name, new.resource_namespace, new.issue_type
  ) then
    raise exception 'identity is not the digest of its parts' using errcode = 'check_violation';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.trim_links(keys bigint[])
 RETURNS void
 LANGUAGE sql
AS $function$
  with ranked as (
    select l.issue_key, l.id, l.person_title, row_number() over (
      partition by l.issue_key order by l.reported_key desc, l.reported_position
    ) as place
    from links l
    where l.issue_key = any (keys) and l.reported_key is not null
  ),
  forgotten as (
    delete from links l using ranked r
    where l.issue_key = r.issue_key and l.id = r.id and r.place > 50 and r.person_title is null
  ),
  left_to_person as (
    update links l set reported_key = null, reported_title = null, reported_position = null
    from ranked r where l.issue_key = r.issue_key and l.id = r.id and r.place > 50 and r.person_title is not null
  )
  update issues set link_writes = 0 where key = any (keys)
$function$;

CREATE OR REPLACE FUNCTION public.words_of(title text, description text, resource_name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select lower(title || E'\n' || description || E'\n' || resource_name || E'\n')
$function$;
