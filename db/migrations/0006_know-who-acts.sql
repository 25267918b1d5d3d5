-- Who is let in by a key, and who did what.

create table api_keys (
  id text primary key,
  name text not null,
  secret_hash bytea not null,
  -- Lists of texts as JSON: the program sends and reads no arrays.
  clusters jsonb not null,
  namespaces jsonb not null,
  rights jsonb not null,
  created_by text,
  created_at timestamptz(3) not null,
  expires_at timestamptz(3),
  last_used_at timestamptz(3),
  revoked_at timestamptz(3),
  revoked_by text,
  constraint api_keys_hash_is_sha256 check (octet_length(secret_hash) = 32),
  constraint api_keys_lists check (
    jsonb_typeof(clusters) = 'array' and jsonb_typeof(namespaces) = 'array'
    and jsonb_typeof(rights) = 'array'
  ),
  constraint api_keys_rights_known check (rights <@ '["read", "report", "act", "admin"]'),
  constraint api_keys_revoked_whole check (revoked_at is not null or revoked_by is null)
);

comment on table api_keys is 'Keys kite_<id>_<secret> for callers that have no token of a cluster or of a CI.';
comment on column api_keys.secret_hash is 'SHA-256 of the secret, which is kept nowhere.';
comment on column api_keys.clusters is 'Names of the clusters that the key reaches; * is all of them.';
comment on column api_keys.namespaces is 'Patterns of the namespaces that it reaches in these clusters.';

-- the list of keys, newest first, and its pages
create index api_keys_by_time on api_keys (created_at desc, id desc);

create table audit (
  id bigint generated always as identity primary key,
  at timestamptz(3) not null,
  actor text,
  operation text not null,
  cluster text,
  namespace text,
  issue_id uuid,
  request_id text,
  details jsonb
);

comment on table audit is 'Who did what and when: one row for each act that changed something, written with it.';
comment on column audit.actor is 'Null where nobody was asked who they are.';
comment on column audit.cluster is 'Where it was done; null for what concerns several clusters or none.';
comment on column audit.issue_id is 'The issue, also when it is gone.';

-- the audit, newest first, its pages, and what is too old to be kept
create index audit_by_time on audit (at desc, id desc);
-- issueId=
create index audit_by_issue on audit (issue_id, at desc, id desc) where issue_id is not null;
-- actor=
create index audit_by_actor on audit (actor, at desc, id desc) where actor is not null;
-- namespace=
create index audit_by_namespace on audit (namespace, at desc, id desc) where namespace is not null;
