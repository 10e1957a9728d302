-- Invitations are listed latest first.

create index if not exists auth_server_invitation_created on organizations_invitation (created_date);
