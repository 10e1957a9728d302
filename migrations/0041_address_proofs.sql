-- Accounts that registered because of the address they typed: nobody gets in before a mail to it has proven it.

create table if not exists auth_server_address_proofs (
  user_id integer primary key references auth_user (id) on delete cascade deferrable initially deferred,
  asked_at timestamptz not null
);
