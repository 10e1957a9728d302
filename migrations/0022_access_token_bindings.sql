-- What a personal access token has here beyond CVAT's columns: one organization it is good for, and where it was used.

create table if not exists auth_server_access_tokens (
  token_id integer primary key
    references access_tokens_accesstoken (id) on delete cascade deferrable initially deferred,
  organization_id integer references organizations_organization (id) on delete set null deferrable initially deferred,
  -- A bound token whose organization is gone must not become an unbound one.
  is_bound boolean not null default false,
  last_used_ip text
);

create index if not exists auth_server_access_tokens_organization on auth_server_access_tokens (organization_id);
