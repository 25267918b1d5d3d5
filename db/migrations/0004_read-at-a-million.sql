-- Reading at a million issues: totals that nobody has to count, words that are indexed once instead of at every report,
-- and an index for each order of the list. A failure that only repeats still rewrites no index (HOT), but for
-- issues_by_seen once in ten minutes.

-- How many issues there are of each kind, as additions and subtractions: a total is their sum. Nobody changes a row, so nobody
-- waits for one. Counted instead, a namespace of 300,000 takes 90 ms, and each badge of a dashboard as long.
create table issue_counts (
  namespace text not null,
  cluster text not null,
  issue_type text not null,
  severity text not null,
  state text not null,
  lifecycle text not null,
  amount bigint not null
) with (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

comment on table issue_counts is 'What was added to and taken from the number of issues of a kind; the sum over all rows is exact in every snapshot.';

-- the total of a list, and the summary
create index issue_counts_by_namespace on issue_counts (namespace);

-- Numbers the changes of counts, so that every so-manieth of them folds what has piled up.
create sequence issue_counts_changes;

-- Puts the sums of a namespace in the place of what was added and taken one by one. What another transaction folds at
-- this moment is left to it.
create function fold_issue_counts(folded text) returns void
language sql volatile
as $$
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
$$;

create function count_issue() returns trigger
language plpgsql
as $$
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
$$;

create trigger issues_are_counted
after update on issues for each row
when (
  old.id is distinct from new.id or old.state is distinct from new.state or old.severity is distinct from new.severity
  or old.labels is distinct from new.labels
)
execute function count_issue();
create trigger issues_are_counted_in after insert on issues for each row when (new.id is not null) execute function count_issue();
create trigger issues_are_counted_out after delete on issues for each row when (old.id is not null) execute function count_issue();

insert into issue_counts
select namespace, cluster, issue_type, severity, state, coalesce(lifecycle, 'unknown'), count(*)
from issues
where id is not null
group by 1, 2, 3, 4, 5, 6;

-- search=: the words of an issue as the index knows them. Taking a text into the index costs as much as ten reports (150 us), and
-- failures that repeat change it each time. So a change only says that the words wait, once until they are taken;
-- index_texts takes them later. Whoever searches looks at both, and at the issue itself, so nothing is missed.
drop index issues_by_text;

create table issue_texts (
  -- Of issues; no foreign key, since its check would make reports wait for the index.
  issue_key bigint primary key,
  namespace text not null,
  words text not null
);

comment on column issue_texts.words is 'Title, description and name of the resource in lower case, a line each.';

create table texts_waiting (
  issue_key bigint primary key
) with (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

comment on table texts_waiting is 'Issues whose words have changed since issue_texts took them.';

alter table issues add column words_waiting boolean not null default false;
comment on column issues.words_waiting is 'Whether the words have changed since issue_texts took them.';

create function words_of(title text, description text, resource_name text) returns text
language sql immutable parallel safe
as $$
  select lower(title || E'\n' || description || E'\n' || resource_name || E'\n')
$$;

create function let_words_wait() returns trigger
language plpgsql
as $$
begin
  insert into texts_waiting values (new.key) on conflict do nothing;
  new.words_waiting := true;
  return new;
end
$$;

create trigger issues_words_wait
before update on issues for each row
when (
  not old.words_waiting and (
    old.id is distinct from new.id or old.title is distinct from new.title or old.description is distinct from new.description
  )
)
execute function let_words_wait();
create trigger issues_words_wait_at_once
before insert on issues for each row when (new.id is not null) execute function let_words_wait();

insert into issue_texts select key, namespace, words_of(title, description, resource_name) from issues where id is not null;

-- search=
create index issue_texts_by_words on issue_texts using gin (namespace, words gin_trgm_ops);
-- search= with what is in many texts of a namespace
create index issue_texts_by_namespace on issue_texts (namespace, issue_key);
-- search= with two letters: what may follow them is enumerated for the index above, but for letters beyond ASCII
create index issue_texts_beyond_ascii on issue_texts (namespace) where words ~ '[^\x01-\x7f]';

-- Takes the words of at most so many issues that wait into the index, and says how many it took; 0 also while another one
-- is at it. The rows of issues are held only at the end, to say so, and not waited for: an issue whose row a report
-- holds, or whose words have changed meanwhile, goes on waiting.
create function index_texts(most integer) returns integer
language plpgsql volatile
set enable_seqscan = off
as $$
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
$$;

-- sort=lastSeenAt: an index of the time itself would be written by every failure, and with it all others. This one is written once in
-- ten minutes; within a slot the list sorts by the time.
alter table issues add column seen_slot timestamptz(3) generated always as (
  date_bin('10 minutes', last_seen_at, timestamptz '2000-01-01 00:00:00+00')
) stored;
comment on column issues.seen_slot is 'last_seen_at, cut to ten minutes.';
create index issues_by_seen on issues (namespace, seen_slot desc) where id is not null;

-- sort=severity
create index issues_by_severity on issues (namespace, severity_rank desc, detected_at desc, id desc) where id is not null;

-- dueBefore= and sort=dueAt, where those without a date come last
drop index issues_by_due_at;
create index issues_by_due_at on issues (namespace, coalesce(due_at, 'infinity'), id) where id is not null;

-- the list of all namespaces, where the namespace check is off
create index issues_by_time on issues (detected_at desc, id desc) where id is not null;

-- state=ACTIVE; counts have taken over the badge's question, so a change of severity no longer concerns it
drop index issues_active;
create index issues_active on issues (namespace, detected_at desc, id desc) where state = 'ACTIVE';
