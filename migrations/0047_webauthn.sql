-- What passkeys and security keys need besides themselves.

-- The name of an account towards authenticators (WebAuthn user handle): it tells nothing of the account, stays when
-- everything else of it changes, and does not depend on SECRET_KEY.
create table if not exists auth_server_webauthn_handles (
  user_id integer primary key references auth_user (id) on delete cascade deferrable initially deferred,
  handle bytea not null unique
);

-- Challenges that were answered, until they are too old to count anyway: each counts once, on all replicas.
create table if not exists auth_server_webauthn_spent (
  -- SHA-256 of the challenge.
  challenge_hash bytea primary key,
  spent_at timestamptz not null
);

create index if not exists auth_server_webauthn_spent_at on auth_server_webauthn_spent (spent_at);
