import type { z } from 'zod';
import type { Account } from '../../kernel/account.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import { type FieldErrors, ValidationError } from '../../kernel/errors.js';
import { foreignKeyViolation, uniqueViolation } from '../../platform/db/failures.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found, idOf, noMatch } from '../../platform/http/objects.js';
import { checkFields } from '../../platform/http/validate.js';
import { planList } from '../../platform/lists/list-query.js';
import { insertMembership, type MembershipsOf } from '../memberships/index.js';
import {
  findOrganization,
  getOrganization,
  insertOrganization,
  isSlugTaken,
  listOrganizations,
  lockOrganization,
  type NewOrganization,
  ORGANIZATIONS,
  type Organization,
  type OrganizationChanges,
  removeOrganization,
  updateOrganization,
  type ViewedOrganization,
} from './repository.js';
import { OrganizationPatch, OrganizationWrite } from './schemas.js';

const SLUG_TAKEN = { slug: ['organization with this slug already exists.'] };

export interface OrganizationServiceDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly release: CvatRelease;
  /** Removes memberships together with their invitations. */
  readonly endMemberships: (tx: Queryable, of: MembershipsOf) => Promise<void>;
}

export function createOrganizationService({ db, clock, release, endMemberships }: OrganizationServiceDeps) {
  const list = (params: URLSearchParams, visible: unknown) =>
    listOrganizations(db, planList(ORGANIZATIONS, params), visible);

  /**
   * CVAT before 2.65 searches the organizations that the list filter lets through: a foreign one is a 404, not a 403.
   *
   * @throws NotFound
   */
  const find = async (
    id: string | undefined,
    viewer: { readonly id: number; readonly visible: unknown },
  ): Promise<ViewedOrganization> =>
    found(
      await findOrganization(db, idOf(id, 'Organization'), {
        ...viewer,
        visible: release.has('forbidsStrangers') ? {} : viewer.visible,
      }),
      'Organization',
    );

  /** Reads the body of a request. @throws ValidationError with the errors of all fields, those of the slug first */
  const read = async <S extends typeof OrganizationWrite | typeof OrganizationPatch>(
    schema: S,
    body: unknown,
    except: number | null,
  ): Promise<Partial<z.output<S>>> => {
    const { values, errors } = checkFields(schema, body);
    const { slug } = values as { slug?: string };
    const isTaken = slug !== undefined && (await isSlugTaken(db, slug, except));
    const all: FieldErrors = { ...(isTaken ? SLUG_TAKEN : {}), ...errors };
    if (Object.keys(all).length > 0) throw new ValidationError(all);
    return values;
  };

  const readNew = (body: unknown) => read(OrganizationWrite, body, null);
  const readChanges = (body: unknown, { id }: Pick<Organization, 'id'>) => read(OrganizationPatch, body, id);

  /**
   * The answer to a write contains the contact as it was sent, like the instance that Django saved: the database keeps
   * neither the order of keys nor exponents.
   *
   * @throws NotFound
   */
  const reread = async (id: number, contact: unknown): Promise<Organization> => {
    const organization = found(await getOrganization(db, id), 'Organization');
    return contact === undefined ? organization : { ...organization, contact };
  };

  /** @throws ValidationError if another organization has the slug by now */
  const create = async (
    owner: Account,
    { slug = '', name, description = '', contact = {} }: Partial<z.output<typeof OrganizationWrite>>,
  ): Promise<Organization> => {
    const organization = { slug, name: name || slug, description, contact, ownerId: owner.id };
    const id = await whenSlugIsFree(() => db.transaction((tx) => insertWithOwner(tx, organization)));
    return reread(id, contact);
  };

  /** @throws NotFound if the owner has been deleted */
  const insertWithOwner = async (tx: Queryable, organization: NewOrganization): Promise<number> => {
    const joinedAt = dateOf(clock);
    const id = found(await insertOrganization(tx, organization, joinedAt), 'User');
    await insertMembership(tx, { organizationId: id, userId: organization.ownerId, role: 'owner', joinedAt });
    return id;
  };

  /** @throws ValidationError; NotFound if it was deleted meanwhile */
  const update = async (id: number, changes: OrganizationChanges): Promise<Organization> => {
    await whenSlugIsFree(() => updateOrganization(db, id, changes, dateOf(clock)));
    return reread(id, changes.contact);
  };

  /** @throws NotFound if it was already deleted; ValidationError if CVAT data refers to it */
  const remove = async (id: number): Promise<void> => {
    try {
      await db.transaction(async (tx) => {
        if (!(await lockOrganization(tx, id, 'owner'))) throw noMatch('Organization');
        await endMemberships(tx, { organizationId: id });
        await removeOrganization(tx, id);
      });
    } catch (error) {
      const table = foreignKeyViolation(error);
      if (table === undefined) throw error;
      throw new ValidationError([`The organization cannot be removed: ${table} still refers to it.`], {
        cause: error,
      });
    }
  };

  return { listDefinition: ORGANIZATIONS, list, find, readNew, readChanges, create, update, remove };
}

export type OrganizationService = ReturnType<typeof createOrganizationService>;

/** If two requests claim a slug at once, the database refuses one of them. @throws ValidationError */
async function whenSlugIsFree<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (uniqueViolation(error) === 'organizations_organization_slug_key')
      throw new ValidationError(SLUG_TAKEN);
    throw error;
  }
}
