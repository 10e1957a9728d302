-- An organization has one owner: who its record names, with an active membership in the role. Rows that broke this
-- before are left as they are; the server names them when it starts.

create or replace function auth_server_refuse_second_owner() returns trigger language plpgsql as $$
begin
  -- Of two at once, the second waits here and then sees the first.
  perform from organizations_organization where id = new.organization_id for no key update;
  if exists (
    select from organizations_membership
    where organization_id = new.organization_id and role = 'owner' and id <> new.id
  ) then
    raise exception 'organization % has an owner already', new.organization_id
      using errcode = 'unique_violation', constraint = 'auth_server_one_owner', table = 'organizations_membership';
  end if;
  return new;
end
$$;

drop trigger if exists auth_server_one_owner_insert on organizations_membership;
create trigger auth_server_one_owner_insert
  before insert on organizations_membership
  for each row when (new.role = 'owner')
  execute function auth_server_refuse_second_owner();

drop trigger if exists auth_server_one_owner_update on organizations_membership;
create trigger auth_server_one_owner_update
  before update on organizations_membership
  for each row when (new.role = 'owner' and (old.role <> 'owner' or old.organization_id <> new.organization_id))
  execute function auth_server_refuse_second_owner();

create or replace function auth_server_require_owner(organization integer) returns void language plpgsql as $$
begin
  if exists (
    select from organizations_organization o
    where o.id = organization and o.owner_id is not null and not exists (
      select from organizations_membership m
      where m.organization_id = o.id and m.user_id = o.owner_id and m.role = 'owner' and m.is_active
    )
  ) then
    raise exception 'the owner of organization % is not a member of it in that role', organization
      using errcode = 'check_violation', constraint = 'auth_server_owner_is_member', table = 'organizations_membership';
  end if;
end
$$;

-- Asked when the transaction ends: an account or an organization goes with its rows, in whatever order.
create or replace function auth_server_keep_owner() returns trigger language plpgsql as $$
begin
  if exists (select from organizations_organization where id = old.organization_id and owner_id = old.user_id) then
    perform auth_server_require_owner(old.organization_id);
  end if;
  return null;
end
$$;

drop trigger if exists auth_server_keep_owner on organizations_membership;
create constraint trigger auth_server_keep_owner
  after update or delete on organizations_membership
  deferrable initially deferred
  for each row when (old.role = 'owner')
  execute function auth_server_keep_owner();

create or replace function auth_server_check_new_owner() returns trigger language plpgsql as $$
begin
  perform auth_server_require_owner(new.id);
  return null;
end
$$;

-- Not for a new organization: CVAT commits it before its first member.
drop trigger if exists auth_server_check_new_owner on organizations_organization;
create constraint trigger auth_server_check_new_owner
  after update on organizations_organization
  deferrable initially deferred
  for each row when (new.owner_id is distinct from old.owner_id)
  execute function auth_server_check_new_owner();
