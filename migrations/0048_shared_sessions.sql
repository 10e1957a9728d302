-- Sessions that this server shares with CVAT (SESSION_STORE=django): whose each of them is, which django_session does not
-- say, and when this server saw it.

-- Django knows nothing of this table: its rows go with the session or the account when they are removed.
create table if not exists auth_server_shared_sessions (
  session_key varchar(40) primary key references django_session (session_key) on delete cascade,
  user_id integer not null references auth_user (id) on delete cascade deferrable initially deferred,
  first_seen_at timestamptz not null,
  -- When a request to this server last used the session.
  seen_at timestamptz not null
);

create index if not exists auth_server_shared_sessions_account on auth_server_shared_sessions (user_id, seen_at);
