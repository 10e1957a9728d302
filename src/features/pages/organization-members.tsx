import type { VNode } from 'preact';
import { z } from 'zod';
import type { OrganizationRole } from '../../kernel/account.js';
import { ButtonForm } from './forms.js';
import {
  back,
  type Membership,
  Memberships,
  namesOf,
  type PartProps,
  type Place,
  placeOf,
  rolesToGive,
} from './organization-place.js';
import { ACTION_FIELD, field, type Page, redirect, type Visit } from './page.js';
import { PATHS, withQuery } from './paths.js';
import { Moment, Pager } from './pieces.js';
import { FormRefused } from './problems.js';
import { Card, Csrf } from './shell.js';

const PAGE_SIZE = 20;
export type MemberPage = z.output<typeof Memberships>;

/** @returns the members on the page of the list that the address names, and those that it searches */
export async function membersOf({ visit, organization }: Place): Promise<MemberPage> {
  const query = {
    org: organization.slug,
    search: visit.query.get('search') ?? '',
    sort: 'user',
    page: visit.query.get('page') ?? '1',
    page_size: String(PAGE_SIZE),
  };
  return visit.call('memberships_list', Memberships, { query });
}

const memberIn = ({ form }: Visit) => ({ params: { id: field(form, 'member') } });

export const memberActions: NonNullable<Page['actions']> = {
  'change-role': async (visit) => {
    const body = { role: field(visit.form, 'role') };
    await visit.call('memberships_partial_update', z.unknown(), { ...memberIn(visit), body });
    return back(visit, 'role-changed', pageIn(visit));
  },
  remove: async (visit) => {
    await visit.call('memberships_destroy', z.unknown(), memberIn(visit));
    return back(visit, 'removed');
  },
  leave: async (visit) => {
    const { mine } = await placeOf(visit);
    if (mine === undefined) throw new FormRefused({ form: [visit.texts.problems.gone] });
    await visit.call('memberships_destroy', z.unknown(), { params: { id: String(mine.id) } });
    return redirect(withQuery(PATHS.organizations, { done: 'left' }));
  },
};

/** A changed role leaves the list as long as it was. */
const pageIn = ({ query }: Visit): Record<string, string> => {
  const page = query.get('page');
  return page === null ? {} : { page };
};

export function Members({ place, members }: { readonly place: Place; readonly members: MemberPage }): VNode {
  const { visit } = place;
  const { organizations } = visit.texts;
  const isSearched = (visit.query.get('search') ?? '') !== '';
  return (
    <Card title={organizations.members}>
      {(isSearched || members.count > PAGE_SIZE) && <Search visit={visit} />}
      {members.count === 0 && <p class="quiet">{organizations.nobodyFound}</p>}
      <ul class="rows">
        {members.results.map((member) => (
          <MemberRow key={member.id} place={place} member={member} />
        ))}
      </ul>
      <Pager
        visit={visit}
        page={Number(visit.query.get('page') ?? 1)}
        last={Math.ceil(members.count / PAGE_SIZE)}
      />
    </Card>
  );
}

const Search = ({ visit }: { readonly visit: Visit }): VNode => (
  <search>
    <form method="get" class="search">
      <div class="field">
        <label for="search">{visit.texts.organizations.search}</label>
        <input id="search" type="search" name="search" value={visit.query.get('search') ?? ''} />
      </div>
      <button type="submit" class="second">
        {visit.texts.organizations.searchAction}
      </button>
    </form>
  </search>
);

function MemberRow({ place, member }: { readonly place: Place; readonly member: Membership }): VNode {
  const { visit, self } = place;
  const { organizations } = visit.texts;
  const { user, role, is_active: isActive, invitation } = member;
  const names = namesOf(user);
  const roles = rolesToGive(place);
  const isMine = user.id === self.id;
  const isManaged = !isMine && roles.includes(role);
  return (
    <li>
      <div class="what">
        <span>
          <strong>{user.username}</strong>{' '}
          {!(isManaged && isActive) && <span class="badge">{organizations.roles[role]}</span>}{' '}
          {isMine && <span class="badge">{organizations.you}</span>}{' '}
          {!isActive && <span class="badge">{organizations.invited}</span>}
        </span>
        <span class="quiet small">
          {names !== '' && `${names} `}
          {names !== '' && member.joined_date !== null && '· '}
          {member.joined_date !== null && (
            <>
              {`${organizations.joinedOn} `}
              <Moment at={member.joined_date} visit={visit} isDay />
            </>
          )}
        </span>
      </div>
      {isManaged && (isActive || invitation === null) && (
        <MemberControls visit={visit} member={member} roles={roles} />
      )}
    </li>
  );
}

interface ControlsProps {
  readonly visit: Visit;
  readonly member: Membership;
  readonly roles: readonly OrganizationRole[];
}

/** The invitation of a person is in a list of its own; without one, they can only be removed here. */
const MemberControls = ({ visit, member, roles }: ControlsProps): VNode => (
  <div class="actions">
    {member.is_active && <RoleForm visit={visit} member={member} roles={roles} />}
    <ButtonForm
      visit={visit}
      action="remove"
      hidden={{ member: String(member.id) }}
      label={visit.texts.organizations.remove}
      longLabel={visit.texts.organizations.removeLabel(member.user.username)}
      kind="danger"
    />
  </div>
);

function RoleForm({ visit, member, roles }: ControlsProps): VNode {
  const { organizations } = visit.texts;
  return (
    <form method="post" class="line">
      <Csrf visit={visit} />
      <input type="hidden" name="member" value={member.id} />
      <select name="role" aria-label={organizations.roleOf(member.user.username)}>
        {roles.map((role) => (
          <option key={role} value={role} selected={role === member.role}>
            {organizations.roles[role]}
          </option>
        ))}
      </select>
      <button
        type="submit"
        class="second little"
        name={ACTION_FIELD}
        value="change-role"
        aria-label={organizations.changeRoleLabel(member.user.username)}
      >
        {organizations.changeRole}
      </button>
    </form>
  );
}

/** Leaving, for members; the owner transfers the organization first. */
export function Leaving({
  place: { visit, organization, self, mine },
}: Pick<PartProps, 'place'>): VNode | null {
  const { organizations } = visit.texts;
  if (mine === undefined || organization.owner?.id === self.id) return null;
  return (
    <Card title={organizations.leaveTitle}>
      <p class="quiet">{organizations.leaveHint}</p>
      <div class="actions">
        <ButtonForm visit={visit} action="leave" label={organizations.leave} kind="danger" />
      </div>
    </Card>
  );
}
