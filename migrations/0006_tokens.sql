-- The login token of an account, as Django REST framework keeps it: one per account, in plain text.

create table if not exists authtoken_token (
  key varchar(40) not null primary key,
  created timestamptz not null,
  user_id integer not null constraint authtoken_token_user_id_key unique
    constraint authtoken_token_user_id_35299eff_fk_auth_user_id
    references auth_user (id) deferrable initially deferred
);

create index if not exists authtoken_token_key_10f0b77e_like on authtoken_token (key varchar_pattern_ops);
