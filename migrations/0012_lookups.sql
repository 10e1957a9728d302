-- Finds accounts by name and address without regard to case, which CVAT does without an index.

create index if not exists auth_server_user_username_lower on auth_user (lower(username));
create index if not exists auth_server_user_email_lower on auth_user (lower(email));
create index if not exists auth_server_emailaddress_email_lower on account_emailaddress (lower(email));
