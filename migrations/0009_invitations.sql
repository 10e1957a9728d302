-- Invitations to an organization; the key is what the invited person gets by mail.

create table if not exists organizations_invitation (
  key varchar(64) not null primary key,
  created_date timestamptz not null,
  membership_id integer not null constraint organizations_invitation_membership_id_key unique
    constraint organizations_invita_membership_id_d0265539_fk_organizat
    references organizations_membership (id) deferrable initially deferred,
  owner_id integer
    constraint organizations_invitation_owner_id_d8ffe9d9_fk_auth_user_id
    references auth_user (id) deferrable initially deferred
);

-- CVAT added this column in a later release.
alter table organizations_invitation add column if not exists sent_date timestamptz;

create index if not exists organizations_invitation_key_514623ce_like
  on organizations_invitation (key varchar_pattern_ops);
create index if not exists organizations_invitation_owner_id_d8ffe9d9 on organizations_invitation (owner_id);
