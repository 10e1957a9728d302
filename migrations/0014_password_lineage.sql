-- Keeps sessions alive when a password hash is replaced by a stronger one of the same password.

-- CVAT and Django know nothing of this table: its rows go with the account when they remove one.
create table if not exists auth_server_password_lineage (
  user_id integer primary key references auth_user (id) on delete cascade deferrable initially deferred,
  current_binding text not null,
  root_binding text not null
);
