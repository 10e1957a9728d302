-- Sessions of a server without Redis, in the shape that connect-pg-simple expects.

create table if not exists auth_server_sessions (
  sid varchar not null primary key,
  sess json not null,
  expire timestamp(6) not null
);

create index if not exists auth_server_sessions_expire on auth_server_sessions (expire);
