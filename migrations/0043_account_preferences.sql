-- What people chose for their account. Without a row, nothing is chosen.

create table if not exists auth_server_preferences (
  user_id integer primary key references auth_user (id) on delete cascade deferrable initially deferred,
  -- A tag of BCP 47.
  language text not null
);
