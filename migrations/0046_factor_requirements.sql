-- Organizations that ask a second factor of all their members.

create table if not exists auth_server_factor_requirements (
  organization_id integer primary key references organizations_organization (id) on delete cascade deferrable initially deferred,
  created_at timestamptz not null
);

-- When the provider had asked for a second factor, for a one-time code; null if it did not, or is not trusted for it.
alter table auth_server_sign_ons add column if not exists factor_at timestamptz;
