import type { RequestHandler } from 'express';
import type { ObserveAttempt } from '../../authentication/attempts.js';
import type { BegunSignIn } from '../../authentication/begun-sign-in.js';
import type { CredentialCheck } from '../../authentication/credentials.js';
import type { FailureLimit } from '../../authentication/failure-limit.js';
import type { IdentityStore } from '../../authentication/identity.js';
import type { LoginMethod } from '../../authentication/login-method.js';
import type { PasswordService } from '../../authentication/passwords/service.js';
import type { PasswordPolicy } from '../../authentication/passwords/validators/policy.js';
import type { Sessions } from '../../authentication/sessions/sessions.js';
import type { Clock } from '../../kernel/clock.js';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import type { Random } from '../../kernel/random.js';
import type { Database } from '../../platform/db/pool.js';
import type { Exchanges } from '../../platform/http/exchange.js';
import type { RateStore } from '../../platform/throttle/rate-store.js';
import { createConfirmationPages, type Redirects, type ShowForm } from './confirmation-pages.js';
import { createEmailChange } from './email-change.js';
import { createEmailConfirmation } from './email-confirmation.js';
import { createLogin } from './login.js';
import { createMailLimits, type MailLimits, type MailRates } from './mail-limits.js';
import { type AccountMailer, createAccountMailer, type MailerDeps } from './mailer.js';
import { createNewPassword } from './new-password.js';
import { createNewcomers } from './newcomers.js';
import { createOwnPasswordCheck } from './own-password.js';
import { createPasswordChange } from './password-change.js';
import { createPasswordReset } from './password-reset.js';
import { passwordRoutes } from './password-routes.js';
import { createRegistration } from './registration.js';
import type { RegistrationMode } from './registration-check.js';
import { accountRoutes } from './routes.js';
import type { SecondStepDeps, VerifyFactor } from './second-step.js';

export { type Administration, createAdministration } from './administration.js';
export type { AccountSummary } from './administration-repository.js';
export { ensureFirstAdmin, type FirstAdminOutcome } from './first-admin.js';
export type { Login } from './login.js';
export type { MailLimits } from './mail-limits.js';
export type { AccountMailer } from './mailer.js';
export type { Newcomers } from './newcomers.js';
export { findHolder } from './password-repository.js';
export { endPendingApproval, findAddressOwners } from './registration-repository.js';
export { resetLinkRoute } from './reset-link-route.js';
export { TokenRead } from './schemas.js';
export interface AccountsDeps {
  readonly db: Database;
  readonly release: CvatRelease;
  readonly clock: Clock;
  readonly random: Random;
  readonly secretKey: () => string;
  readonly exchanges: Exchanges;
  readonly identities: IdentityStore;
  readonly sessions: Sessions;
  readonly passwords: PasswordService;
  readonly policy: PasswordPolicy;
  readonly checkCredentials: CredentialCheck;
  readonly failures: FailureLimit;
  readonly rates: RateStore;
  readonly mail: Pick<
    MailerDeps,
    'publicUrl' | 'pagesUrl' | 'approvalUrl' | 'site' | 'isConfigured' | 'notifiesChanges'
  >;
  readonly mailRates: MailRates;
  /** Tells the outbox worker that there is mail to send. */
  readonly wakeMail: () => void;
  readonly verification: 'none' | 'optional' | 'mandatory';
  readonly registration: {
    readonly mode: RegistrationMode;
    /** False closes registration with a password, whatever the mode. */
    readonly allowsPasswords: boolean;
    readonly domains: readonly string[];
    readonly defaultGroup: string;
    readonly invitationDays: number;
    readonly minimumUsername: number;
    /** `ACCOUNT_EMAIL_REQUIRED`; addresses that must be confirmed, or decide, are required anyway. */
    readonly needsEmail: boolean;
  };
  readonly loginMethod: LoginMethod;
  readonly logsOutOnPasswordChange: boolean;
  /** A Markdown sentence: where people of an identity provider sign in. Empty without one. */
  readonly otherWay: string;
  /** The identity providers of this server, as the database calls them. */
  readonly providers: readonly string[];
  readonly begunSignIn: BegunSignIn;
  readonly verifyFactor: VerifyFactor;
  readonly meansOf: SecondStepDeps['meansOf'];
  /** The page that asks for the code of a second factor; null without pages. */
  readonly codePage: string | null;
  /** The page that goes on with a sign-in whose person has to set up a second factor; null without pages. */
  readonly enrolmentPage: string | null;
  readonly csrfTrustedOrigins: readonly string[];
  readonly showForm: ShowForm;
  readonly redirects: Redirects;
  readonly confirmsOnGet: boolean;
  readonly onWriteError: (error: unknown) => void;
  /** Told how each login ended. */
  readonly observe: ObserveAttempt;
}

/** Signing up, in and out, passwords and addresses. */
export function createAccounts(deps: AccountsDeps) {
  const { clock, secretKey, exchanges, sessions, identities, csrfTrustedOrigins, redirects } = deps;
  const emailVerificationIsMandatory = deps.verification === 'mandatory';
  const mailer = createAccountMailer({ clock, secretKey, ...deps.mail });
  const mailLimits = createMailLimits(deps.rates, deps.mailRates);
  const flows = createFlows(deps, mailer, mailLimits);
  const { confirmation, emailChange } = flows;
  const login = createLogin({
    db: deps.db,
    clock,
    random: deps.random,
    identities,
    checkCredentials: deps.checkCredentials,
    sessions,
    method: deps.loginMethod,
    emailVerificationIsMandatory,
    otherWay: deps.otherWay,
    begunSignIn: deps.begunSignIn,
    verifyFactor: deps.verifyFactor,
    meansOf: deps.meansOf,
    codePage: deps.codePage,
    enrolmentPage: deps.enrolmentPage,
    mailConfirmation: confirmation.mailAtLogin,
    onWriteError: deps.onWriteError,
    observe: deps.observe,
  });
  const mode = deps.registration.allowsPasswords ? deps.registration.mode : 'closed';
  const registration = createRegistration({
    ...deps.registration,
    mode,
    db: deps.db,
    release: deps.release,
    clock,
    passwords: deps.passwords,
    policy: deps.policy,
    mailer,
    emailIsRequired:
      emailVerificationIsMandatory || deps.registration.needsEmail || deps.registration.domains.length > 0,
    confirmsAddresses: deps.verification !== 'none',
    confirmation: { mail: confirmation.mailAtSignUp, noteMailed: confirmation.noteSignUp },
    wakeMail: deps.wakeMail,
  });
  const pages = createConfirmationPages({
    exchanges,
    confirmation,
    emailChange,
    sessions,
    identities,
    csrfTrustedOrigins,
    showForm: deps.showForm,
    redirects,
    confirmsOnGet: deps.confirmsOnGet,
  });
  return {
    mailer,
    mailLimits,
    login,
    confirmation,
    newcomers: createNewcomers({
      ...deps.registration,
      clock,
      release: deps.release,
      passwords: deps.passwords,
      mailer,
    }),
    routes: [
      ...accountRoutes({
        identities,
        sessions,
        login,
        registration,
        emailVerificationIsMandatory,
        registrationIsClosed: mode === 'closed',
        minimumUsername: deps.registration.minimumUsername,
      }),
      ...passwordRoutes({ ...flows, sessions, identities, logsOutOnChange: deps.logsOutOnPasswordChange }),
    ],
    ...mountPages({
      ...(confirmsAddresses(deps) ? { 'account-confirm-email': pages.confirmEmail } : {}),
      'confirm-email-change': pages.confirmEmailChange,
    }),
  };
}

export type Accounts = ReturnType<typeof createAccounts>;

/** What account holders do with their own passwords and addresses. */
function createFlows(deps: AccountsDeps, mailer: AccountMailer, mailLimits: MailLimits) {
  const { db, release, clock, secretKey, passwords, wakeMail } = deps;
  const isOwnPassword = createOwnPasswordCheck({ passwords, failures: deps.failures });
  const newPassword = createNewPassword({
    db,
    clock,
    passwords,
    policy: deps.policy,
    mailer,
    wakeMail,
    logsOutOnChange: deps.logsOutOnPasswordChange,
  });
  const mails = { db, release, clock, secretKey, mailer, mailLimits, wakeMail };
  return {
    passwordChange: createPasswordChange({ db, release, isOwnPassword, newPassword }),
    passwordReset: createPasswordReset({ ...mails, newPassword, passwords, providers: deps.providers }),
    confirmation: createEmailConfirmation({ ...mails, rates: deps.rates }),
    emailChange: createEmailChange({ ...mails, isOwnPassword }),
  };
}

/** Whether any address ever has to be confirmed. */
const confirmsAddresses = ({ verification, registration }: AccountsDeps): boolean =>
  verification !== 'none' || registration.mode !== 'open' || registration.domains.length > 0;

/** Pages by the folder in their path; the key is part of the path. */
const mountPages = (handlers: Readonly<Record<string, RequestHandler>>) => ({
  pages: Object.entries(handlers).map(([folder, handler]) => ({
    path: `/api/auth/${folder}/:key/`,
    handler,
  })),
  /**
   * Paths of the pages, for the redirect that adds the trailing slash; other characters cannot be a key, so there is
   * no page.
   */
  slashPaths: Object.keys(handlers).map((folder) => new RegExp(`^/api/auth/${folder}/[-:\\w]+/$`)),
});
