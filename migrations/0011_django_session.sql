-- CVAT's sessions. This server keeps its own elsewhere; the table is here for tools that read CVAT's schema.

create table if not exists django_session (
  session_key varchar(40) not null primary key,
  session_data text not null,
  expire_date timestamptz not null
);

create index if not exists django_session_session_key_c0390e0f_like
  on django_session (session_key varchar_pattern_ops);
create index if not exists django_session_expire_date_a5c62663 on django_session (expire_date);
