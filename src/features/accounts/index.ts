import type { CredentialCheck } from '../../authentication/credentials.js';
import type { FailureLimit } from '../../authentication/failure-limit.js';
import type { IdentityStore } from '../../authentication/identity.js';
import type { PasswordService } from '../../authentication/passwords/service.js';
import type { PasswordPolicy } from '../../authentication/passwords/validators/policy.js';
import type { Sessions } from '../../authentication/sessions/sessions.js';
import type { Clock } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import type { Database } from '../../platform/db/pool.js';
import type { Exchanges } from '../../platform/http/exchange.js';
import type { RateStore } from '../../platform/throttle/rate-store.js';
import { createConfirmationPages } from './confirmation-pages.js';
import { createEmailFlows } from './emails.js';
import { createLogin } from './login.js';
import { createMailLimits, type MailRates } from './mail-limits.js';
import { createAccountMailer, type MailerDeps } from './mailer.js';
import { createOwnPasswordCheck } from './own-password.js';
import { passwordRoutes } from './password-routes.js';
import { createPasswordFlows } from './passwords.js';
import { createRegistration, type RegistrationMode } from './registration.js';
import { accountRoutes } from './routes.js';

export { type Administration, createAdministration } from './administration.js';
export type { AccountSummary } from './administration-repository.js';
export { ensureFirstAdmin, type FirstAdmin, type FirstAdminOutcome } from './first-admin.js';
export type { MailLimits } from './mail-limits.js';
export type { AccountMailer } from './mailer.js';
export { findHolder } from './password-repository.js';
export { endPendingApproval } from './registration-repository.js';
export interface AccountsDeps {
  readonly db: Database;
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
  readonly mail: Pick<MailerDeps, 'publicUrl' | 'site' | 'isConfigured' | 'notifiesChanges'>;
  readonly mailRates: MailRates;
  /** Tells the worker of the outbox that there is something to send. */
  readonly wakeMail: () => void;
  readonly verification: 'none' | 'optional' | 'mandatory';
  readonly registration: {
    readonly mode: RegistrationMode;
    readonly domains: readonly string[];
    readonly defaultGroup: string;
    readonly invitationDays: number;
  };
  readonly logsOutOnPasswordChange: boolean;
  readonly csrfTrustedOrigins: readonly string[];
  readonly redirects: { readonly done: string; readonly loggedIn: string; readonly refused: string };
  readonly onWriteError: (error: unknown) => void;
}

/** Signing up, in and out, passwords and addresses. */
export function createAccounts(deps: AccountsDeps) {
  const mailer = createAccountMailer({ ...deps, ...deps.mail });
  const mailLimits = createMailLimits(deps.rates, deps.mailRates);
  const shared = { ...deps, mailer, mailLimits, isOwnPassword: createOwnPasswordCheck(deps) };
  const emails = createEmailFlows(shared);
  const emailVerificationIsMandatory = deps.verification === 'mandatory';
  const login = createLogin({ ...deps, emailVerificationIsMandatory, mailConfirmation: emails.mailAtLogin });
  const registration = createRegistration({
    ...deps,
    ...deps.registration,
    mailer,
    emailIsRequired: emailVerificationIsMandatory || deps.registration.domains.length > 0,
    confirmsAddresses: deps.verification !== 'none',
    confirmation: { mail: emails.mailAtSignUp, noteMailed: emails.noteSignUp },
  });
  const flows = createPasswordFlows({ ...shared, logsOutOnChange: deps.logsOutOnPasswordChange });
  const pages = createConfirmationPages({ ...deps, emails });
  const confirmsSomebody =
    deps.verification !== 'none' || deps.registration.mode !== 'open' || deps.registration.domains.length > 0;
  const handlers = {
    ...(confirmsSomebody ? { 'account-confirm-email': pages.confirmEmail } : {}),
    'confirm-email-change': pages.confirmEmailChange,
  };
  return {
    mailer,
    mailLimits,
    routes: [
      ...accountRoutes({
        ...deps,
        login,
        registration,
        emailVerificationIsMandatory,
        registrationIsClosed: deps.registration.mode === 'closed',
      }),
      ...passwordRoutes({ ...deps, flows, emails, logsOutOnChange: deps.logsOutOnPasswordChange }),
    ],
    pages: Object.entries(handlers).map(([folder, handler]) => ({
      path: `/api/auth/${folder}/:key/`,
      handler,
    })),
    /** Paths of the pages, for the redirect that adds their slash; other characters are no key and no page. */
    slashPaths: Object.keys(handlers).map((folder) => new RegExp(`^/api/auth/${folder}/[-:\\w]+/$`)),
  };
}
