-- Taking reports at the speed of a storm: they arrive as arrays, not as JSON to be taken apart again and again; a batch that
-- comes in order goes a short way; and what it writes is looked up once.

-- Events and links are written by the functions below alone, to issues whose rows they hold: a foreign key would look
-- that up again for each, a seventh of what a report costs.
alter table events drop constraint events_issue_key_fkey;
alter table links drop constraint links_issue_key_fkey;

-- The links of an issue lie side by side, and one index serves to find them and to name one again.
drop index links_by_issue;
alter table links drop constraint links_pkey, add primary key (issue_key, id);

-- Where the last episode starts: a failure behind that, while the episode goes on, is one more of it.
alter table issues add column episode_key bytea;
comment on column issues.episode_key is 'Order key of the failure that started the last episode.';
update issues i
set episode_key = (
  select e.order_key from events e
  where e.issue_key = i.key and e.outcome = 'failing' and coalesce(e.prior, 2) >= case when i.ends_of is null then 1 else 2 end
  order by e.order_key desc limit 1
)
where i.id is not null;

drop function apply_reports(jsonb, jsonb, timestamptz, boolean);
drop function apply_in_order(bigint, jsonb, timestamptz, boolean, timestamptz);

-- A report as a function takes it. n orders the answers, id is taken should an issue be opened, content is what a
-- failing report says {title, description, severity, links [{title, url}], dueAt, labels}, leader is the n of a report
-- without which this one does not count.
create type incoming_report as (
  n integer, identity uuid, id uuid, outcome text, key bytea, observed_at timestamptz, subject_created_at timestamptz,
  filed_at timestamptz, source text, event_id text, distinct_key uuid, repeatable boolean, anonymous boolean, run_name text,
  run_uid text, actor text, leader integer, content jsonb
);

create type report_answer as (n integer, status text, effect text, issue_id uuid, issue jsonb);

-- Makes a batch of reports part of the history and brings the rows of their issues up to date.
--
-- The meaning is that of core/domain/derive.ts; this is the same, kept up to date instead of computed
-- anew: what a batch changes is decided by the history that is newer than its oldest report (nothing, when
-- the reports come in order), so the cost does not grow with the history.
--
-- Guarantees: the caller's transaction holds the rows of all identities it names, locked in one order
-- (pipelines first, then the rest, each by identity), so calls cannot deadlock. What is read here is read
-- after the locks, so a report that a concurrent call has committed is seen. All of it or nothing.
--
--   pipelines, others  the identities, without repetition; pipelines are those of runs, which may end MintMaker's
--   rows      the same identities as a JSON text, read only when one of them is new:
--             [{identity, cluster, namespace, resource_type, resource_name, resource_namespace, issue_type, ends_of}]
--   the arrays  the reports, one element each, with the fields of incoming_report; contents is a JSON array
--   now       when the batch was received
--   whole     whether the answers carry the issue as a document
--
-- Returns one row a report: status opened | updated | reopened | resolved | recorded | duplicate | stale;
-- effect (for a duplicate that of the first); the issue's id and document, null where there is none.
-- Raises serialization_failure when a row vanished between being found and being locked: call again.
create function apply_reports(
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
  dropped_before constant timestamptz := (select h.dropped_before from history h);
begin
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

-- The same for issues that wait for no ends, and reports of which each is newer than all that is known of its issue,
-- or one more failure of the episode that goes on (as when callers overtake each other): what a report does is told
-- by the row and by the reports of the batch before it. Its caller holds the rows. Returns nothing, and has done
-- nothing, when a report is not of this kind.
create function apply_in_order(batch incoming_report[], now timestamptz, whole boolean, dropped_before timestamptz)
returns setof report_answer
language plpgsql volatile
as $$
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
$$;

-- The same for whatever comes: reports that are late, known or too old, and those that concern a MintMaker issue. Its
-- caller holds the rows.
--
--   held   the keys of the rows; every statement names rows by them, an array that an index answers, whatever the
--          planner believes of the number of reports
--   fresh  the identities whose rows are new
--   known  of the reports that came before, by n, what the first of them did
create function apply_late(
  batch incoming_report[], held bigint[], fresh uuid[], known jsonb, ends_wanted boolean, now timestamptz, whole boolean,
  dropped_before timestamptz
)
returns setof report_answer
language plpgsql volatile
as $$
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
$$;

-- Forgets the links that reports name beyond the newest fifty of each issue. A link that a later report
-- pushed out cannot come back but by a newer one, so trimming late or early ends in the same fifty.
create or replace function trim_links(keys bigint[]) returns void
language sql volatile
as $$
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
$$;
