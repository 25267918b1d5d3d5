-- A report on a pipeline that comes alone looks for the issues that wait for it also where the pipeline's row is new, and a page of issues
-- is read in the statement that finds it.

-- Applies a report that comes alone to the one identity that it concerns. Answers nothing where the common case is not given
-- (a duplicate, a late report that changes what stands, a run that a MintMaker issue waits for): then no row is written but, where
-- another call made the row of a new identity first, a number in texts_waiting that no issue has, which index_texts takes away; and
-- the row, if there is one, is locked, which the caller would do next.
create or replace function apply_alone(report incoming_report, rows text, is_pipeline boolean, now timestamptz, whole boolean)
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
$$;

-- The issues of these ids, in their order, with their links and relations, as they are in the snapshot of the statement that asks: each
-- table is read once and not once for each issue, and the plan is kept by each connection whatever list the ids come from.
-- {issues: [the columns that an answer shows, and key], links: [{issue_key, id, title, url}],
-- relations: [{issue_key, id, outgoing, other}]}; each null where there are none.
create function read_issues(ids uuid[]) returns json
language plpgsql stable parallel safe
as $$
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
$$;
