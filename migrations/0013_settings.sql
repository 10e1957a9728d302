-- What all replicas must share and nobody configured, such as the generated secret key.

create table if not exists auth_server_settings (
  name text primary key,
  value text not null
);
