import type { AccountMailer } from '../features/accounts/index.js';
import { endPendingApproval, findHolder } from '../features/accounts/index.js';
import type { PasswordPolicy } from '../authentication/passwords/validators/policy.js';
import type { ContainerOptions } from '../container.js';
import { createOrganizations } from '../features/organizations/index.js';
import { createUsers } from '../features/users/index.js';
import type { AnyRoute } from '../platform/http/route.js';
import type { Authentication } from './authentication.js';
import type { Engines } from './engines.js';
import type { MailParts } from './mail.js';
import type { State } from './state.js';

export interface ResourceParts {
  readonly options: ContainerOptions;
  readonly engines: Engines;
  readonly authentication: Authentication;
  readonly policy: PasswordPolicy;
  readonly mailer: AccountMailer;
  readonly mail: MailParts;
  readonly state: State;
}

/** Joins users, organizations, memberships and invitations to the accounts, the mails and the settings. */
export function composeResources(parts: ResourceParts): readonly AnyRoute[] {
  const { options, engines, authentication, mailer, mail, state } = parts;
  const { config, clock, random } = options;
  const { db } = engines;
  const users = createUsers({
    db,
    clock,
    random,
    secretKey: state.secretKey,
    passwords: authentication.passwords,
    policy: parts.policy,
    defaultGroup: config.IAM_DEFAULT_ROLE,
    onActivated: async (tx, account) => {
      if (await endPendingApproval(tx, account.id)) await mailer.accountActivated(tx, account);
    },
    mailSetPassword: mail.isConfigured
      ? async (tx, userId) => {
          const holder = await findHolder(tx, userId);
          if (holder !== undefined) await mailer.setPassword(tx, holder, holder);
        }
      : null,
    wakeMail: mail.wake,
  });
  const organizations = createOrganizations({ db, clock, offerDays: config.ORG_INVITATION_EXPIRY_DAYS });
  return [...users.routes, ...organizations.routes];
}
