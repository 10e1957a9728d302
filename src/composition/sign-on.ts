import type { Accounts } from '../features/accounts/index.js';
import { createSignOn } from '../features/sign-on/index.js';
import type { UserService } from '../features/users/index.js';
import { readSignOnSettings, type SignOnSettings } from '../platform/config/auth-config.js';
import type { Config } from '../platform/config/settings.js';
import type { IdentityProvider } from '../platform/oidc/provider.js';
import type { ProviderUnreachable } from '../platform/oidc/unreachable.js';
import type { AccountParts } from './accounts.js';
import type { ContainerOptions } from './options.js';

export interface SignOnParts
  extends Pick<AccountParts, 'options' | 'engines' | 'authentication' | 'mail' | 'metrics'> {
  readonly settings: SignOnSettings;
  readonly accounts: Accounts;
  readonly users: Pick<UserService, 'find'>;
  readonly endSessions: (userId: number) => Promise<void>;
}

/** The code of providers is loaded only if there are any. */
export async function openProviders(
  { providers }: SignOnSettings,
  config: Config,
  { clock }: Pick<ContainerOptions, 'clock'>,
): Promise<readonly IdentityProvider[]> {
  if (providers.length === 0) return [];
  const { createProvider } = await import('../platform/oidc/providers.js');
  return providers.map((one) => createProvider(one, { clock, networks: config.SSO_PRIVATE_NETWORKS }));
}

/** @throws StartError for settings that cannot work. */
export function signOnSettingsOf({ config, log }: ContainerOptions): SignOnSettings {
  const settings = readSignOnSettings(config);
  for (const warning of settings.warnings) log.warn({}, warning);
  return settings;
}

/** Connects single sign-on to the accounts, the sessions and the settings. */
export async function composeSignOn(parts: SignOnParts) {
  const { options, engines, authentication, accounts, mail, metrics, settings } = parts;
  const { config, clock, random, log } = options;
  return createSignOn({
    db: engines.db,
    rates: engines.rates,
    clock,
    random,
    settings,
    providers: await openProviders(settings, config, options),
    newcomers: accounts.newcomers,
    mailer: accounts.mailer,
    users: parts.users,
    passwords: authentication.passwords,
    usesDirectory: authentication.directory !== null,
    allowsPasswords: settings.allowsPasswords,
    defaultRole: config.IAM_DEFAULT_ROLE,
    isSecure: config.SESSION_COOKIE_SECURE,
    identities: authentication.identities,
    sessions: authentication.sessions,
    begunSignIn: authentication.begunSignIn,
    login: accounts.login,
    publicUrl: config.PUBLIC_URL,
    uiUrl: config.UI_URL,
    pagesUrl: config.UI_URL ?? config.PUBLIC_URL,
    landingUrl: config.LOGIN_REDIRECT_URL,
    signInPage: config.ACCOUNT_PAGES ? `${config.PUBLIC_URL}/account/sign-in` : null,
    securityPage: config.ACCOUNT_PAGES ? `${config.PUBLIC_URL}/account/security` : null,
    enrolmentPage: config.ACCOUNT_PAGES ? `${config.PUBLIC_URL}/account/security/enrol` : null,
    emailVerificationIsMandatory: config.ACCOUNT_EMAIL_VERIFICATION === 'mandatory',
    mailConfirmation: accounts.confirmation.mailAtLogin,
    wakeMail: mail.wake,
    endSessions: parts.endSessions,
    observe: metrics.observeAttempt,
    onUnreachable: (provider: string, error: ProviderUnreachable) => {
      metrics.countUnavailable('provider_unreachable');
      log.error({ provider, error }, 'An identity provider cannot be used.');
    },
  });
}
