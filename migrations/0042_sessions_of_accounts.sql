-- Lists the sessions of an account, and keeps one session when all others of the account end.

-- When a request last used the session.
alter table auth_server_sessions add column if not exists seen_at timestamptz;
create index if not exists auth_server_sessions_account on auth_server_sessions ((sess ->> '_auth_user_id'));

-- Names the only session that goes on, although it is not bound to root_binding.
alter table auth_server_password_lineage add column if not exists kept_session text;
