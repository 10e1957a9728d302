import type { PasswordPolicy } from '../authentication/passwords/validators/policy.js';
import { createAccessTokens } from '../features/access-tokens/index.js';
import { createAccounts } from '../features/accounts/index.js';
import type { Metrics } from '../features/operations/metrics/metrics.js';
import type { Shell } from '../features/pages/create-shell.js';
import { type SignOnSettings, storedName } from '../platform/config/auth-config.js';
import type { Config } from '../platform/config/settings.js';
import type { Exchanges } from '../platform/http/exchange.js';
import type { Authentication } from './authentication.js';
import type { Engines } from './engines.js';
import type { FactorParts } from './factors.js';
import type { MailParts } from './mail.js';
import type { ContainerOptions } from './options.js';
import { releaseOf } from './release.js';
import type { State } from './state.js';

export interface AccountParts {
  readonly options: ContainerOptions;
  readonly shell: Shell;
  readonly engines: Engines;
  readonly authentication: Authentication;
  readonly exchanges: Exchanges;
  readonly state: State;
  readonly mail: MailParts;
  readonly policy: PasswordPolicy;
  readonly metrics: Metrics;
  readonly signOn: SignOnSettings;
  readonly factors: FactorParts;
}

/** Connects the account holders' own operations to the settings: signing up and in, passwords, addresses, tokens. */
export function composeAccounts(parts: AccountParts) {
  const { options, engines, authentication, exchanges, state, mail, policy, metrics } = parts;
  const { config, clock, random, log } = options;
  const accounts = createAccounts({
    identities: authentication.identities,
    sessions: authentication.sessions,
    passwords: authentication.passwords,
    checkCredentials: authentication.checkCredentials,
    failures: authentication.failures,
    db: engines.db,
    release: releaseOf(config),
    rates: engines.rates,
    clock,
    random,
    exchanges,
    secretKey: state.secretKey,
    policy,
    mail: {
      publicUrl: config.PUBLIC_URL,
      pagesUrl: config.UI_URL ?? config.PUBLIC_URL,
      approvalUrl: `${config.PUBLIC_URL}/${config.ACCOUNT_PAGES ? 'account/admin/people' : ''}`,
      site: mail.site,
      isConfigured: mail.isConfigured,
      notifiesChanges: config.NOTIFY_ACCOUNT_CHANGES,
    },
    mailRates: {
      perRecipient: config.MAIL_REQUESTS_PER_RECIPIENT,
      perClient: config.MAIL_REQUESTS_PER_CLIENT,
      perOrganization: config.MAIL_REQUESTS_PER_ORGANIZATION,
    },
    wakeMail: mail.wake,
    verification: config.ACCOUNT_EMAIL_VERIFICATION,
    registration: registrationOf(config, parts.signOn),
    loginMethod: config.ACCOUNT_AUTHENTICATION_METHOD,
    logsOutOnPasswordChange: config.ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE,
    begunSignIn: authentication.begunSignIn,
    verifyFactor: parts.factors.check.verifyFactor,
    meansOf: parts.factors.check.meansOf,
    codePage: signInStepOf(config, 'code'),
    enrolmentPage: signInStepOf(config, 'enrol'),
    otherWay: otherWayOf(config, parts.signOn),
    providers: parts.signOn.providers.map(storedName),
    csrfTrustedOrigins: config.CSRF_TRUSTED_ORIGINS,
    showForm: ({ status, title, main }, exchange) =>
      parts.shell.answer({ status, title, main }, parts.shell.visitOf(exchange)),
    redirects: redirectsOf(config),
    confirmsOnGet: config.ACCOUNT_CONFIRM_EMAIL_ON_GET,
    onWriteError: (error) => log.warn({ error }, 'A login could not be recorded.'),
    observe: metrics.observeAttempt,
  });
  const accessTokens = createAccessTokens({
    db: engines.db,
    clock,
    random,
    release: releaseOf(config),
    stalePeriodSeconds: config.CVAT_ACCESS_TOKEN_STALE_PERIOD,
    unusableTtlSeconds: config.CVAT_ACCESS_TOKEN_UNUSABLE_TOKEN_TTL,
    maximumPerUser: config.CVAT_MAX_ACCESS_TOKENS_PER_USER,
    onPurged: (count) => {
      if (count > 0) log.info({ count }, 'Unusable access tokens were deleted.');
    },
    onPurgeError: (error) => log.warn({ error }, 'Unusable access tokens could not be deleted.'),
  });
  return { accounts, accessTokens };
}

const signInStepOf = ({ ACCOUNT_PAGES, PUBLIC_URL }: Config, step: string): string | null =>
  ACCOUNT_PAGES ? `${PUBLIC_URL}/account/sign-in?step=${step}` : null;

/** CVAT's user interface renders Markdown, where only absolute links leave it. */
function otherWayOf({ PUBLIC_URL, ACCOUNT_PAGES }: Config, { providers }: SignOnSettings): string {
  const [first, ...others] = providers;
  if (first === undefined) return '';
  const name = others.length === 0 ? first.name.replace(/[^\p{L}\p{N} .-]/gu, ' ').trim() : 'single sign-on';
  const path =
    others.length > 0 && ACCOUNT_PAGES ? 'account/sign-in' : `api/auth/${first.family}/${first.id}/login/`;
  return `[Continue with ${name}](${PUBLIC_URL}/${path}) if your account is there.`;
}

const registrationOf = (config: Config, signOn: SignOnSettings) => ({
  mode: config.REGISTRATION_MODE,
  allowsPasswords: signOn.allowsRegistration,
  domains: config.REGISTRATION_EMAIL_DOMAINS,
  defaultGroup: config.IAM_DEFAULT_ROLE,
  invitationDays: config.ORG_INVITATION_EXPIRY_DAYS,
  minimumUsername: config.ACCOUNT_USERNAME_MIN_LENGTH,
  needsEmail: config.ACCOUNT_EMAIL_REQUIRED,
});

/** Targets of links in mails: fixed by the settings, never by a request. */
const redirectsOf = (config: Config) => ({
  done: config.ACCOUNT_EMAIL_CONFIRMATION_ANONYMOUS_REDIRECT_URL,
  loggedIn: config.LOGIN_REDIRECT_URL,
  refused: config.INCORRECT_EMAIL_CONFIRMATION_URL,
  sent: config.ACCOUNT_EMAIL_VERIFICATION_SENT_REDIRECT_URL,
});
