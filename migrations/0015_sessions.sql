-- Sessions, in the shape that connect-pg-simple expects; used with the embedded database, otherwise they are in Redis.

create table if not exists auth_server_sessions (
  sid varchar not null primary key,
  sess json not null,
  expire timestamp(6) not null
);

create index if not exists auth_server_sessions_expire on auth_server_sessions (expire);
