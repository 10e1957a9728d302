-- Accounts that registered and wait for an administrator (REGISTRATION_MODE=approval): told when they are activated.

create table if not exists auth_server_pending_approvals (
  user_id integer primary key references auth_user (id) on delete cascade deferrable initially deferred,
  applied_at timestamptz not null
);
