-- What newer releases of CVAT know of an account, as long as no CVAT beside this server has columns for it: how it came
-- about (2.75), and the answers of a survey (2.79).

create table if not exists auth_server_profiles (
  user_id integer primary key references auth_user (id) on delete cascade deferrable initially deferred,
  created_via varchar(32),
  cvat_usage_reason varchar(255) not null default '',
  primary_role varchar(255) not null default '',
  planned_activities jsonb not null default '[]',
  data_types jsonb not null default '[]',
  discovery_source varchar(255) not null default ''
);
