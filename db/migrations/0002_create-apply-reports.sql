-- An event as the walk over a history needs it.
create type newer_event as (
  issue_key bigint, order_key bytea, kind text, outcome text, observed_at timestamptz, anonymous boolean, prior smallint
);

-- The place of a report on a pipeline among the reports of a MintMaker issue that waits for its runs to end:
-- that of a passing report whatever it says, so that on a tie the failure wins, and behind one of that place.
create function end_key(report_key bytea) returns bytea
language sql immutable parallel safe
as $$
  select substr(report_key, 1, 16) || '\x00'::bytea || substr(report_key, 18) || '\x00656e64'::bytea
$$;

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
--   rows    the identities, without repetition, with those of the pipelines whose runs end MintMaker's:
--           {identity, cluster, namespace, resource_type, resource_name, resource_namespace, issue_type, ends_of}
--   batch   the reports: {n, identity, id, outcome, key, observed_at, subject_created_at, filed_at, source,
--           event_id, distinct_key, repeatable, anonymous, run_name, run_uid, actor, labels, failure {title, description,
--           severity, links [{title, url}], dueAt}, leader}; n orders the answers, id is taken should an issue
--           be opened, leader is the n of a report without which this one does not count
--   now     when the batch was received
--   whole   whether the answers carry the issue as a document
--
-- Returns one row a report: status opened | updated | reopened | resolved | recorded | duplicate | stale;
-- effect (for a duplicate that of the first); the issue's id and document, null where there is none.
-- Raises serialization_failure when a row vanished between being found and being locked: call again.
create function apply_reports(rows jsonb, batch jsonb, now timestamptz, whole boolean)
returns table (n integer, status text, effect text, issue_id uuid, issue jsonb)
language plpgsql volatile
set jit = off
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  pipelines uuid[];
  others uuid[];
  fresh uuid[] := '{}';
  held bigint[] := '{}';
  found_rows integer := 0;
  known jsonb := '{}';
  -- What the history holds that the batch may change the meaning of; empty when reports come in order.
  tail newer_event[] := '{}';
  -- Reports on a pipeline that came before the first MintMaker issue that waits for its runs.
  seeds events[] := '{}';
  ends_wanted boolean;
  dropped_before timestamptz := (select h.dropped_before from history h);
  moved newer_event[];
  answers jsonb;
begin
  select coalesce(array_agg(r.identity) filter (where r.resource_type = 'pipelinerun' and r.issue_type = 'pipeline'), '{}'),
    coalesce(array_agg(r.identity) filter (where r.resource_type <> 'pipelinerun' or r.issue_type <> 'pipeline'), '{}')
  into pipelines, others
  from jsonb_to_recordset(rows) as r (identity uuid, resource_type text, issue_type text);

  -- Rows first, locks after: whoever waits for another's new row holds no lock that the other could want.
  if (select count(*) from issues i where i.identity = any (pipelines || others)) < jsonb_array_length(rows) then
    with created as (
      insert into issues (
        identity, cluster, namespace, resource_type, resource_name, resource_namespace, issue_type, ends_of,
        created_at, updated_at
      )
      select r.identity, r.cluster, r.namespace, r.resource_type, r.resource_name, r.resource_namespace,
        r.issue_type, r.ends_of, now, now
      from jsonb_to_recordset(rows) as r (
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
  end if;

  with locked as (
    select i.key, i.identity from issues i
    where i.identity = any (others) or i.ends_of = any (pipelines)
    order by i.identity
    for no key update
  )
  select held || coalesce(array_agg(key), '{}'), found_rows + count(*) filter (where identity = any (others))
  into held, found_rows
  from locked;

  if found_rows <> jsonb_array_length(rows) then
    raise exception 'an identity was purged while it was being locked' using errcode = 'serialization_failure';
  end if;

  -- Rows are named by `held` wherever they are read: an array that an index answers, whatever the planner
  -- believes of the number of reports.

  -- From here on every statement sees what was committed before the locks were had.

  if cardinality(fresh) < jsonb_array_length(rows) then
    select coalesce(jsonb_object_agg(b.n, first.effect), '{}') into known
    from jsonb_to_recordset(batch) as b (n integer, distinct_key uuid, repeatable boolean)
    cross join lateral (select e.effect from events e where e.distinct_key = b.distinct_key limit 1) as first
    where b.repeatable;
  end if;

  select coalesce(bool_or(i.ends_of is not null), false) into ends_wanted from issues i where i.key = any (held);

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
    select from jsonb_to_recordset(batch) as b (identity uuid, key text)
    join issues i on i.identity = b.identity and i.key = any (held)
    where decode(b.key, 'hex') < i.newest_key
  ) then
    with report as (
      select b.identity, b.source, decode(b.key, 'hex') as key
      from jsonb_to_recordset(batch) as b (n integer, identity uuid, key text, source text)
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

  -- The common case by the short way. It answers nothing where it does not apply.
  if jsonb_array_length(batch) = 1 and cardinality(held) = 1 and not ends_wanted and known = '{}' then
    return query select * from apply_in_order(held[1], batch -> 0, now, whole, dropped_before);
    if found then
      return;
    end if;
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
    from (
      select b.n, b.identity, b.id, b.outcome, decode(b.key, 'hex') as key, b.observed_at, b.subject_created_at,
        b.filed_at, b.source, b.event_id, b.distinct_key, b.anonymous, b.run_name, b.run_uid, b.actor, b.labels, b.failure, b.leader
      from jsonb_to_recordset(batch) as b (
        n integer, identity uuid, id uuid, outcome text, key text, observed_at timestamptz,
        subject_created_at timestamptz, filed_at timestamptz, source text, event_id text, distinct_key uuid, anonymous boolean,
        run_name text, run_uid text, actor text, labels jsonb, failure jsonb,
        leader integer
      )
    ) as r
    join target t on t.identity = r.identity
  ),
  -- A report with a leader counts only if its leader does.
  judged as (
    select w.n, w.identity, w.id, w.outcome, w.key, w.observed_at, w.subject_created_at, w.filed_at, w.source,
      w.event_id, w.distinct_key, w.anonymous, w.run_name, w.run_uid, w.actor, w.labels, w.failure, w.issue_key,
      coalesce(w.first_effect, l.first_effect) as first_effect,
      case when w.verdict = 'accepted' and l.verdict <> 'accepted' then l.verdict else w.verdict end as verdict
    from judged_alone w
    left join judged_alone l on l.n = w.leader
  ),
  -- What joins the history: the reports themselves, and for MintMaker's issues the ends of runs.
  added as (
    select j.issue_key, j.n, case j.source when 'user' then 'action' else 'report' end as kind, j.outcome, j.key,
      j.observed_at, j.subject_created_at, j.filed_at, j.source, j.event_id, j.distinct_key, j.anonymous, j.run_name, j.run_uid,
      j.actor, j.id, j.failure, j.labels, false as nameless, now as received_at
    from judged j
    where j.verdict = 'accepted'
    union all
    select t.key, null, 'end', 'passing', end_key(j.key),
      j.observed_at, j.subject_created_at, j.filed_at, j.source, j.event_id, null, j.anonymous, null, null,
      null, null, null, null, j.anonymous and j.outcome = 'passing', now
    from judged j
    join target t on t.ends_of = j.identity
    where j.verdict = 'accepted' and j.source <> 'user'
      and (t.floor_key is null
        or end_key(j.key) > t.floor_key)
    union all
    select t.key, null, 'end', 'passing', end_key(e.order_key),
      e.observed_at, e.subject_created_at, e.filed_at, e.source, e.event_id, null, e.anonymous, null, null,
      null, null, null, null, e.anonymous and e.outcome = 'passing', e.received_at
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
      null, null, null, null, null, e.kind in ('end', 'context') and e.anonymous, null,
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
    select distinct on (a.issue_key) a.issue_key, a.key, a.failure, a.labels, a.id
    from added a
    join target t on t.key = a.issue_key
    where a.failure is not null and (t.text_key is null or a.key > t.text_key)
    order by a.issue_key, a.key desc
  ),
  named as (
    select distinct on (a.issue_key, link.url) a.issue_key, a.key, link.url, link.title, link.place
    from added a
    cross join lateral (
      select l ->> 'url' as url, l ->> 'title' as title, place
      from jsonb_array_elements(a.failure -> 'links') with ordinality as l (l, place)
    ) as link
    where a.failure is not null
    order by a.issue_key, link.url, a.key desc, link.place
  ),
  changed as (
    update issues i
    set
      id = coalesce(i.id, text.id),
      created_at = case when i.id is null and text.id is not null then now else i.created_at end,
      state = case when after.gap is null then null when after.gap < t.closing then 'ACTIVE' else 'RESOLVED' end,
      title = case when text.key is null or 'title' = any (i.edited) then i.title else text.failure ->> 'title' end,
      description = case
        when text.key is null or 'description' = any (i.edited) then i.description else text.failure ->> 'description'
      end,
      severity = case
        when text.key is null or 'severity' = any (i.edited) then i.severity else text.failure ->> 'severity'
      end,
      labels = case when text.key is null or 'labels' = any (i.edited) then i.labels else text.labels end,
      due_at = case
        when text.key is null or 'dueAt' = any (i.edited) then i.due_at else (text.failure ->> 'dueAt')::timestamptz
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
      case when d.failure is not null then d.failure || jsonb_build_object('labels', d.labels) end
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
    on conflict (id) do update
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

-- The same for one report alone that is newer than all that is known, on an issue that waits for no ends: no
-- walk over the history, since nothing is newer; a quarter of the cost. Its caller holds the row. Returns
-- nothing, and has done nothing, when the report is not of this kind.
create function apply_in_order(issue_key bigint, report jsonb, now timestamptz, whole boolean, dropped_before timestamptz)
returns table (n integer, status text, effect text, issue_id uuid, issue jsonb)
language plpgsql volatile
as $$
#variable_conflict use_variable
declare
  i issues%rowtype;
  r record;
  place bytea;
  is_failing boolean;
  is_told boolean;
  counts integer;
  starts boolean;
  done text;
  prior_gap smallint;
  next_gap smallint;
  next_detected_at timestamptz;
begin
  select * into i from issues as held where held.key = issue_key;
  select * into r from jsonb_to_record(report) as b (
    n integer, id uuid, outcome text, key text, observed_at timestamptz, subject_created_at timestamptz,
    filed_at timestamptz, source text, event_id text, distinct_key uuid, anonymous boolean, run_name text, run_uid text,
    actor text, labels jsonb, failure jsonb
  );
  place := decode(r.key, 'hex');
  if place <= i.newest_key or place <= i.floor_key or r.source <> 'user' and r.filed_at < dropped_before then
    return;
  end if;

  prior_gap := i.gap;
  is_failing := r.outcome = 'failing';
  is_told := r.failure is not null;
  counts := (is_failing and r.source <> 'user')::integer;
  starts := is_failing and coalesce(i.gap, 1) >= 1;
  next_gap := case when is_failing then 0 when i.gap is not null then 1 end;
  next_detected_at := case
    when starts then r.observed_at
    when is_failing then least(i.detected_at, r.observed_at)
    else i.detected_at
  end;
  done := case
    when is_failing and i.gap is null then 'opened'
    when starts then 'reopened'
    when is_failing then 'updated'
    when i.gap = 0 then 'resolved'
    else 'recorded'
  end;

  update issues as held
  set
    id = case when is_told then coalesce(i.id, r.id) else i.id end,
    created_at = case when is_told and i.id is null then now else i.created_at end,
    state = case next_gap when 0 then 'ACTIVE' when 1 then 'RESOLVED' end,
    title = case when is_told and not 'title' = any (i.edited) then r.failure ->> 'title' else i.title end,
    description = case
      when is_told and not 'description' = any (i.edited) then r.failure ->> 'description' else i.description
    end,
    severity = case when is_told and not 'severity' = any (i.edited) then r.failure ->> 'severity' else i.severity end,
    labels = case when is_told and not 'labels' = any (i.edited) then r.labels else i.labels end,
    due_at = case
      when is_told and not 'dueAt' = any (i.edited) then (r.failure ->> 'dueAt')::timestamptz else i.due_at
    end,
    detected_at = next_detected_at,
    resolved_at = case
      when next_gap is distinct from 1 then null
      when i.gap = 0 then greatest(r.observed_at, i.failing_observed_at, next_detected_at)
      else i.resolved_at
    end,
    first_seen_at = case counts when 1 then least(i.first_seen_at, r.observed_at) else i.first_seen_at end,
    last_seen_at = case counts when 1 then greatest(i.last_seen_at, r.observed_at) else i.last_seen_at end,
    occurrences = i.occurrences + counts,
    episode_occurrences = case when starts then 0 else i.episode_occurrences end + counts,
    episodes = i.episodes + starts::integer,
    newest_key = place,
    gap = next_gap,
    failing_observed_at = case when is_failing then r.observed_at else i.failing_observed_at end,
    text_key = case when is_told then place else i.text_key end,
    link_writes = i.link_writes + case when is_told then jsonb_array_length(r.failure -> 'links') else 0 end,
    updated_at = greatest(i.updated_at, now)
  where held.key = issue_key
  returning held.* into i;

  insert into events (
    issue_key, filed_at, order_key, kind, outcome, source, event_id, distinct_key, anonymous, observed_at,
    subject_created_at, received_at, prior, effect, run_name, run_uid, actor, content
  )
  values (
    issue_key, r.filed_at, place, case r.source when 'user' then 'action' else 'report' end, r.outcome, r.source, r.event_id,
    r.distinct_key, r.anonymous, r.observed_at, r.subject_created_at, now, prior_gap, done, r.run_name, r.run_uid, r.actor,
    case when is_told then r.failure || jsonb_build_object('labels', r.labels) end
  );

  if is_told and jsonb_array_length(r.failure -> 'links') > 0 then
    insert into links (id, issue_key, url, reported_title, reported_key, reported_position)
    select link_id(i.id, l ->> 'url'), issue_key, l ->> 'url', l ->> 'title', place, position
    from jsonb_array_elements(r.failure -> 'links') with ordinality as l (l, position)
    order by 1
    on conflict (id) do update
    set reported_title = excluded.reported_title, reported_key = excluded.reported_key,
      reported_position = excluded.reported_position;
    if i.link_writes >= 150 then
      perform trim_links(array[issue_key]);
    end if;
  end if;

  return query
  select r.n, done, done, i.id, case when whole then (select to_jsonb(d) from issue_documents as d where d.key = issue_key) end;
end
$$;

-- Forgets the links that reports name beyond the newest fifty of each issue. A link that a later report
-- pushed out cannot come back but by a newer one, so trimming late or early ends in the same fifty.
create function trim_links(keys bigint[]) returns void
language sql volatile
as $$
  with ranked as (
    select l.id, l.person_title, row_number() over (
      partition by l.issue_key order by l.reported_key desc, l.reported_position
    ) as place
    from links l
    where l.issue_key = any (keys) and l.reported_key is not null
  ),
  forgotten as (
    delete from links l using ranked r where l.id = r.id and r.place > 50 and r.person_title is null
  ),
  left_to_person as (
    update links l set reported_key = null, reported_title = null, reported_position = null
    from ranked r where l.id = r.id and r.place > 50 and r.person_title is not null
  )
  update issues set link_writes = 0 where key = any (keys)
$$;
