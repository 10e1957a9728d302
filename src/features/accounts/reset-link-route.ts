import { z } from 'zod';
import type { Caller } from '../../kernel/account.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found } from '../../platform/http/objects.js';
import { uri } from '../../platform/http/read-fields.js';
import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import { mayDo, type UserService } from '../users/index.js';
import { type AccountMailer, LINK_DAYS } from './mailer.js';
import { findHolder } from './password-repository.js';

export interface ResetLinkDeps {
  readonly db: Queryable;
  readonly users: Pick<UserService, 'find'>;
  readonly mailer: Pick<AccountMailer, 'resetLink'>;
  /** Accounts come from a directory, which keeps their passwords: no page takes a link. */
  readonly usesDirectory: boolean;
}

const ResetLinkRead = z
  .object({
    link: uri().meta({ description: 'Works once. Anyone with the link can take the account over.' }),
    valid_days: z.int(),
  })
  .meta({ id: 'PasswordResetLink' });

/** The link of a reset mail, for a person whom mails do not reach. Not in CVAT. */
export const resetLinkRoute = ({ db, users, mailer, usesDirectory }: ResetLinkDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/users/:id/password_reset_link',
    operationId: 'users_create_password_reset_link',
    summary: 'Make a link that sets the password of an account',
    description:
      'Returns the link of a reset mail, for administrators, who hand it over by other means. Only this answer shows it. With `IAM_TYPE=LDAP` there are no such links. Not in CVAT.',
    tag: 'users',
    view: 'Password Reset Link',
    load: ({ id }: Readonly<Record<string, string>>, caller: Caller | null) =>
      users.find(id, requireCaller(caller).organization?.id ?? null),
    access: { kind: 'policy', checks: (target) => [mayDo('create:password_reset_link', target)] },
    needsProof: true,
    responses: { 201: ResetLinkRead },
    handle: async ({ object, exchange }) => {
      if (usesDirectory) throw new ValidationError(['With IAM_TYPE=LDAP no page accepts such a link.']);
      const holder = found(await findHolder(db, object.account.id), 'User');
      exchange.report('password.link_created', { account: holder.id });
      return reply(201, { link: mailer.resetLink(holder), valid_days: LINK_DAYS });
    },
  });
