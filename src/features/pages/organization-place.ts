import { z } from 'zod';
import { ORGANIZATION_ROLES, type OrganizationRole, privilegeOf } from '../../kernel/account.js';
import { ApiError, NotFound } from '../../kernel/errors.js';
import { type Draft, type PageAnswer, redirect, type Visit } from './page.js';
import { organizationPath, withQuery } from './paths.js';
import { type Self, selfOf } from './person.js';

const Someone = z.object({
  id: z.number(),
  username: z.string(),
  first_name: z.string(),
  last_name: z.string(),
});
type Someone = z.output<typeof Someone>;

export const Organization = z.object({
  id: z.number(),
  slug: z.string(),
  name: z.string(),
  description: z.string(),
  contact: z.unknown(),
  owner: Someone.nullable(),
});
export type Organization = z.output<typeof Organization>;
export const Organizations = z.object({ results: z.array(Organization) });

const Role = z.enum(ORGANIZATION_ROLES);

const Membership = z.object({
  id: z.number(),
  user: Someone,
  organization: z.number(),
  is_active: z.boolean(),
  joined_date: z.string().nullable(),
  role: Role,
  invitation: z.string().nullable(),
});
export type Membership = z.output<typeof Membership>;
export const Memberships = z.object({ count: z.number(), results: z.array(Membership) });

export const Invitation = z.object({
  key: z.string(),
  created_date: z.string(),
  owner: Someone.nullable(),
  role: Role,
  user: Someone,
  expired: z.boolean().nullable(),
  organization_info: z.object({ slug: z.string() }),
});
export type Invitation = z.output<typeof Invitation>;
export const Invitations = z.object({ count: z.number(), results: z.array(Invitation) });

const Transfer = z.object({ user: Someone, expires_date: z.string() });
export type Transfer = z.output<typeof Transfer>;

/** An organization, as the person in front of its page has it. */
export interface Place {
  readonly visit: Visit;
  readonly self: Self;
  readonly organization: Organization;
  /** Their own membership; undefined for an administrator of the server, who need not be a member. */
  readonly mine: Membership | undefined;
}

/** A part of the page of an organization. */
export interface PartProps {
  readonly place: Place;
  readonly draft: Draft | undefined;
}

/** @returns the organization in the address. @throws NotFound if the person can't see it */
export async function placeOf(visit: Visit): Promise<Place> {
  const { slug = '' } = visit.params;
  const [self, { results }] = await Promise.all([
    selfOf(visit),
    visit.call('organizations_list', Organizations, { query: { slug } }),
  ]);
  const organization = results.find((found) => found.slug === slug);
  if (organization === undefined) throw new NotFound();
  return { visit, self, organization, mine: await memberNamed(visit, slug, self.username) };
}

/** @returns the membership of a person, invited people too if the API shows them; undefined without one */
export async function memberNamed(
  visit: Visit,
  slug: string,
  username: string,
): Promise<Membership | undefined> {
  const query = { org: slug, user: username };
  const { results } = await visit.call('memberships_list', Memberships, { query });
  return results.find(({ user }) => user.username === username);
}

/** @returns the offer of the organization to one of its members; undefined without one */
export async function transferOf({ visit, organization }: Place): Promise<Transfer | undefined> {
  try {
    return await visit.call('organizations_retrieve_transfer', Transfer, paramsOf(organization));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

export const paramsOf = ({ id }: Pick<Organization, 'id'>) => ({ params: { id: String(id) } });

const isAdmin = ({ self }: Place): boolean => privilegeOf(self.groups) === 'admin';

/** Whether to show what only the owner may do. The API decides. */
export const owns = (place: Place): boolean =>
  isAdmin(place) || place.organization.owner?.id === place.self.id;

/** Whether to show what also maintainers may do. The API decides. */
export const maintains = (place: Place): boolean => owns(place) || place.mine?.role === 'maintainer';

/** Whether to show what needs the right to organize others: accounts in the group of workers lack it. The API decides. */
export const mayOrganize = ({ groups }: Pick<Self, 'groups'>): boolean =>
  ['admin', 'user'].includes(privilegeOf(groups) ?? '');

/** @returns the roles to choose from for other people; none for those who manage nobody. The API decides. */
export function rolesToGive(place: Place): readonly OrganizationRole[] {
  if (!maintains(place) || !mayOrganize(place.self)) return [];
  return owns(place) ? ['worker', 'supervisor', 'maintainer'] : ['worker', 'supervisor'];
}

/** @returns the way back to the page of the organization, with a message; what was searched stays searched */
export const back = ({ params, query }: Visit, done: string, more: Record<string, string> = {}): PageAnswer =>
  redirect(
    withQuery(organizationPath(params['slug'] ?? ''), {
      search: query.get('search') ?? undefined,
      done,
      ...more,
    }),
  );

/** @returns the names of a person: the user name, and the others if there are any */
export const namesOf = ({ first_name, last_name }: Someone): string => `${first_name} ${last_name}`.trim();
