-- Accounts of people in a directory (LDAP): who they are there, and when the directory is asked about them again.

-- The rows go with their account even when CVAT or Django removes it, because they know nothing of this table.
create table if not exists auth_server_directory_accounts (
  user_id integer primary key references auth_user (id) on delete cascade deferrable initially deferred,
  -- Attribute and value that stay when a person is renamed, such as entryuuid=5f1b9f2c-....
  identity text not null constraint auth_server_directory_accounts_identity_key unique,
  -- The word of CVAT's own column auth_user.created_via, which newer releases have.
  created_via varchar(32) not null default 'ldap',
  -- Null for nobody to ask about: the person is gone, and lost sessions and tokens.
  recheck_at timestamptz
);

create index if not exists auth_server_directory_accounts_recheck
  on auth_server_directory_accounts (recheck_at) where recheck_at is not null;
