import type { ObserveAttempt } from '../authentication/attempts.js';
import type { PasswordPolicy } from '../authentication/passwords/validators/policy.js';
import type { AccountMailer, Administration, Login, MailLimits } from '../features/accounts/index.js';
import {
  createAdministration,
  endPendingApproval,
  findHolder,
  resetLinkRoute,
} from '../features/accounts/index.js';
import { createGrowth } from '../features/growth/index.js';
import { createInvitations, endMemberships, RESEND_THROTTLE } from '../features/invitations/index.js';
import { createMemberships } from '../features/memberships/index.js';
import { createOrganizations, findIntegrityProblems } from '../features/organizations/index.js';
import { createPreferences } from '../features/preferences/index.js';
import { createSessionLists } from '../features/sessions/index.js';
import { createUsers, type UserService, type UserServiceDeps } from '../features/users/index.js';
import type { Caller } from '../kernel/account.js';
import { SECURITY_EVENTS } from '../kernel/security-events.js';
import type { AnyRoute } from '../platform/http/route.js';
import { requireRate } from '../platform/throttle/rate-store.js';
import type { Authentication } from './authentication.js';
import type { Engines } from './engines.js';
import { canEnrol, composeFactors, type FactorParts } from './factors.js';
import type { MailParts } from './mail.js';
import type { ContainerOptions } from './options.js';
import { releaseOf } from './release.js';
import type { State } from './state.js';

export interface ResourceParts {
  readonly options: ContainerOptions;
  readonly engines: Engines;
  readonly authentication: Authentication;
  readonly policy: PasswordPolicy;
  readonly mailer: AccountMailer;
  readonly mailLimits: MailLimits;
  readonly mail: MailParts;
  readonly state: State;
  readonly factors: FactorParts;
  /** The last step of a login. */
  readonly enter: Login['enter'];
  readonly observe: ObserveAttempt;
}

/** CVAT's own number, which is not a setting there either. */
const RESEND_RATE = { limit: 5, periodSeconds: 3600 };

export interface Resources {
  readonly routes: readonly AnyRoute[];
  /** An operator's operations on accounts. */
  readonly administration: Administration;
  /** Counts a request of a throttled route for its caller. @throws Throttled */
  readonly throttle: (scope: string | undefined, caller: Caller) => Promise<void>;
  readonly users: Pick<UserService, 'find'>;
  /** Ends all sessions of an account. */
  readonly endSessions: (userId: number) => Promise<void>;
  /** Logs rows that violate the constraints on new rows; they are served all the same. */
  readonly reportProblems: () => Promise<void>;
}

function setPasswordMailOf({
  authentication,
  mail,
  mailer,
}: ResourceParts): UserServiceDeps['setPasswordMail'] {
  if (!mail.isConfigured) return { refusal: 'Email backend is not configured.' };
  if (authentication.directory !== null)
    return { refusal: 'With IAM_TYPE=LDAP no page accepts the link of such a mail: give a password.' };
  return {
    send: async (tx, userId) => {
      const holder = await findHolder(tx, userId);
      if (holder !== undefined) await mailer.setPassword(tx, holder, holder);
    },
  };
}

function usersOf(parts: ResourceParts) {
  const { options, engines, authentication, policy, mailer, mail, state } = parts;
  return createUsers({
    db: engines.db,
    release: releaseOf(options.config),
    clock: options.clock,
    random: options.random,
    secretKey: state.secretKey,
    passwords: authentication.passwords,
    policy,
    defaultGroup: options.config.IAM_DEFAULT_ROLE,
    minimumUsername: options.config.ACCOUNT_USERNAME_MIN_LENGTH,
    onActivated: async (tx, account) => {
      if (await endPendingApproval(tx, account.id)) await mailer.accountActivated(tx, account);
    },
    storedSessions: engines.storedSessions,
    setPasswordMail: setPasswordMailOf(parts),
    wakeMail: mail.wake,
    endMemberships,
  });
}

function invitationsOf({ options, engines, authentication, mail, mailLimits }: ResourceParts) {
  const { config, clock, random } = options;
  return createInvitations({
    db: engines.db,
    random,
    release: releaseOf(config),
    passwords: authentication.passwords,
    lifetime: { clock, days: config.ORG_INVITATION_EXPIRY_DAYS },
    needsConfirmation: config.ORG_INVITATION_CONFIRM,
    defaultGroup: config.IAM_DEFAULT_ROLE,
    mail: mail.isConfigured ? { pagesUrl: config.UI_URL ?? config.PUBLIC_URL, site: mail.site } : null,
    requireMail: mailLimits.requireInvitation,
    wakeMail: mail.wake,
  });
}

function organizationsOf({ options, engines, mail, mailLimits }: ResourceParts) {
  const { config, clock } = options;
  return createOrganizations({
    db: engines.db,
    clock,
    release: releaseOf(config),
    offerDays: config.ORG_INVITATION_EXPIRY_DAYS,
    canEnrol: canEnrol(config),
    endMemberships,
    mail:
      mail.isConfigured && config.ACCOUNT_PAGES
        ? { organizationsUrl: `${config.PUBLIC_URL}/account/organizations`, site: mail.site }
        : null,
    requireMail: mailLimits.requireInvitation,
    wakeMail: mail.wake,
  });
}

/** Connects users, organizations, memberships and invitations to the accounts, the mails and the settings. */
export function composeResources(parts: ResourceParts): Resources {
  const { options, engines, authentication, policy, mailer, state } = parts;
  const { config, clock, random, log } = options;
  const { db } = engines;
  const users = usersOf(parts);
  const organizations = organizationsOf(parts);
  const memberships = createMemberships({ db, release: releaseOf(config), endMemberships });
  const invitations = invitationsOf(parts);
  const sessionLists = createSessionLists({
    db,
    clock,
    random,
    secretKey: state.secretKey,
    identities: authentication.identities,
    index: engines.sessionIndex,
    stored: engines.storedSessions,
    maximumAgeSeconds: config.SESSION_MAX_AGE,
    sessions: authentication.sessions,
    users: users.service,
  });
  const factors = composeFactors(parts, {
    users: users.service,
    endOtherSessions: sessionLists.service.endOthersIn,
    endSessions: sessionLists.service.endAllIn,
  });
  return {
    administration: createAdministration({
      db,
      factors: { find: parts.factors.check.factorsOf, reset: factors.service.reset },
      report: (event, details) => log.info({ event, ...details }, SECURITY_EVENTS[event]),
      endSessions: sessionLists.service.endAll,
      passwords: authentication.passwords,
      policy,
      mailer,
      users: users.service,
      apiTokens: users.apiTokens,
      clock,
      logsOutOnPasswordChange: config.ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE,
      directory: authentication.directory,
    }),
    routes: [
      ...users.routes,
      resetLinkRoute({
        db,
        users: users.service,
        mailer,
        usesDirectory: authentication.directory !== null,
      }),
      ...sessionLists.routes,
      ...factors.routes,
      ...organizations.routes,
      ...memberships.routes,
      ...invitations.routes,
      ...createPreferences({ db }),
      ...(releaseOf(config).has('hasGrowth') ? createGrowth({ db, clock }) : []),
    ],
    users: users.service,
    endSessions: sessionLists.service.endAll,
    throttle: async (scope, { account }) => {
      if (scope === RESEND_THROTTLE)
        await requireRate(engines.rates, 'invitation_resend', `${scope}:${account.id}`, RESEND_RATE);
    },
    reportProblems: async () => {
      for (const problem of await findIntegrityProblems(db)) log.warn({}, problem);
    },
  };
}
