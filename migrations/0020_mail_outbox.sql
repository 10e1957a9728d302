-- Mails waiting to leave: written in the transaction of the change they tell of, removed when a server took them.

create table if not exists auth_server_outbox (
  id uuid primary key default gen_random_uuid(),
  kind text not null,
  recipient text not null,
  subject text not null,
  -- Both bodies hold links that act as passwords: emptied when the mail is given up.
  body_text text not null,
  body_html text not null,
  -- Counts the attempts, and tells the holder of a lease from one who had it before.
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  -- Until then the mail belongs to the process that took it.
  locked_until timestamptz,
  last_error text,
  -- Set when the mail is given up.
  failed_at timestamptz
);

create index if not exists auth_server_outbox_due on auth_server_outbox (due_at) where failed_at is null;
