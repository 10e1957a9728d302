-- Where CVAT works on the same database, its own writes follow its own rules: it lets administrators and maintainers
-- hand out the role of the owner. There the rule of one owner binds this server alone, which is known by the name of its
-- connections; without a CVAT it binds everybody. Decision record 0006.

create or replace function auth_server_owner_rule_binds() returns boolean language sql stable as $$
  select to_regclass('django_migrations') is null
    or current_setting('application_name') like 'cvat-auth-server%'
$$;

create or replace function auth_server_refuse_second_owner() returns trigger language plpgsql as $$
begin
  if not auth_server_owner_rule_binds() then
    return new;
  end if;
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

create or replace function auth_server_require_owner(organization integer) returns void language plpgsql as $$
begin
  if not auth_server_owner_rule_binds() then
    return;
  end if;
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
