import { z } from 'zod';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import { pageSchema } from '../../platform/http/page.js';
import { readOnly } from '../../platform/http/read-fields.js';
import { ORIGINS } from './origin-repository.js';
import { BasicUserRead, details, UserRead, username } from './schemas.js';
import { surveyRead, surveyWrite } from './survey.js';

/** The parts of `schemas.ts` that depend on the release of CVAT. */

const userWrite = (release: CvatRelease) =>
  z
    .object({ username: username().optional(), ...details, ...surveyWrite(release) })
    .meta({ id: 'PatchedUserRequest' });

export type UserWrite = ReturnType<typeof userWrite>;

const userRead = (release: CvatRelease) =>
  UserRead.extend({
    ...surveyRead(release),
    ...(release.has('showsVerification') ? { email_verified: readOnly(z.boolean().nullable()) } : {}),
    ...(release.has('showsOrigin') ? { created_via: readOnly(z.enum(ORIGINS).nullable()) } : {}),
  }).meta({ id: 'User' });

/** What requests and answers about accounts have: `read` is one of two views, depending on the caller. */
export function userSchemas(release: CvatRelease) {
  const read = z.union([userRead(release), BasicUserRead]).meta({ id: 'MetaUser' });
  return {
    read,
    page: pageSchema(read, 'PaginatedMetaUserList', '/api/users'),
    write: userWrite(release),
  };
}

export type UserSchemas = ReturnType<typeof userSchemas>;
export type MetaUserRead = z.input<UserSchemas['read']>;

/** The fields that are columns of an account, by their column names. */
export const columnsOf = (values: Partial<z.output<UserWrite>>) => ({
  firstName: values.first_name,
  lastName: values.last_name,
  email: values.email,
  isStaff: values.is_staff,
  isSuperuser: values.is_superuser,
  isActive: values.is_active,
});
