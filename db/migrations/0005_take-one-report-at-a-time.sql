-- A report that comes alone is the common case, and starting the statements that take a batch costs more than all that they
-- do for it: 3 ms of Postgres' processor time, against half a millisecond for these, each of which touches one row. They decide as
-- apply_in_order does with a batch of one; test/db/reports/ holds them to the specification.

-- Room on each page for the next version of a row, so that the first failure after the one that opened an issue writes no index.
alter table issues set (fillfactor = 75);
alter table links set (fillfactor = 85);

-- Applies a report that comes alone to the one identity that it concerns. Answers nothing where the common case is not given
-- (a duplicate, a late report that changes what stands, a run that a MintMaker issue waits for): then nothing is written but the
-- row of a new identity, and the row is locked, which the caller would do next.
create function apply_alone(report incoming_report, rows text, is_pipeline boolean, now timestamptz, whole boolean)
returns setof report_answer
language plpgsql
as $$
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
$$;

create or replace function apply_reports(
  pipelines uuid[], others uuid[], rows text,
  numbers integer[], identities uuid[], ids uuid[], outcomes text[], keys bytea[], observed_ats timestamptz[],
  subject_created_ats timestamptz[], filed_ats timestamptz[], sources text[], event_ids text[], distinct_keys uuid[],
  repeatables boolean[], anonymouses boolean[], run_names text[], run_uids text[], actors text[], leaders integer[],
  contents jsonb, now timestamptz, whole boolean
)
returns setof report_answer
language plpgsql volatile
set jit = off
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
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
$$;
