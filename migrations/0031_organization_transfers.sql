-- Organizations whose owner has named a successor who has not confirmed yet.

create table if not exists auth_server_organization_transfers (
  organization_id integer primary key
    references organizations_organization (id) on delete cascade deferrable initially deferred,
  -- The owner at that time: with another one the offer is void. Null for an organization without an owner.
  owner_id integer references auth_user (id) on delete cascade deferrable initially deferred,
  successor_id integer not null references auth_user (id) on delete cascade deferrable initially deferred,
  created_at timestamptz not null
);

create index if not exists auth_server_organization_transfers_owner on auth_server_organization_transfers (owner_id);
create index if not exists auth_server_organization_transfers_successor
  on auth_server_organization_transfers (successor_id);
