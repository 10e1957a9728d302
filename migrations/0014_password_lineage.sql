-- Keeps sessions alive when a password hash is replaced by a stronger one of the same password.

-- The rows go with their account even when CVAT or Django removes it, because they know nothing of this table.
create table if not exists auth_server_password_lineage (
  user_id integer primary key references auth_user (id) on delete cascade deferrable initially deferred,
  current_binding text not null,
  root_binding text not null
);
