import { createShell, type Shell } from '../features/pages/create-shell.js';
import { iconPath } from '../features/sign-on/index.js';
import type { PipelineDeps } from '../platform/http/pipeline.js';
import { createFailureReport } from '../platform/http/render-error.js';
import type { Authentication } from './authentication.js';
import type { PlainHandler } from './operations.js';
import type { ContainerOptions } from './options.js';
import type { State } from './state.js';
import type { WebParts } from './web.js';

/** The frame of every page. @throws StartError if the logo can't be read */
export const composeShell = (
  { config }: ContainerOptions,
  state: State,
  { sessions }: Pick<Authentication, 'sessions'>,
): Shell =>
  createShell({
    sessions,
    siteName: state.siteName,
    uiUrl: config.UI_URL,
    hasPages: config.ACCOUNT_PAGES,
    brand: { color: config.BRAND_COLOR, logo: config.BRAND_LOGO },
  });

/** Connects the pages for people to the routes and the settings. Their code is loaded only if there are any. */
export async function composePages(
  parts: WebParts,
  pipeline: PipelineDeps,
): Promise<readonly PlainHandler[]> {
  const { options, exchanges, state, authentication, metrics, routes, shell, signOnSettings: signOn } = parts;
  const { config, clock, log } = options;
  if (!config.ACCOUNT_PAGES) return [];
  const { createPages } = await import('../features/pages/index.js');
  const usesDirectory = authentication.directory !== null;
  return createPages({
    exchanges,
    routes,
    pipeline,
    clock,
    shell,
    csrfTrustedOrigins: config.CSRF_TRUSTED_ORIGINS,
    isSecure: config.CSRF_COOKIE_SECURE,
    reportFailure: createFailureReport({ log, onUnavailable: metrics.countUnavailable }),
    settings: {
      siteName: state.siteName,
      uiUrl: config.UI_URL,
      publicUrl: config.PUBLIC_URL,
      loginMethod: config.ACCOUNT_AUTHENTICATION_METHOD,
      usesDirectory,
      ...providersOf(parts),
      providersRegister: config.REGISTRATION_MODE !== 'closed',
      allowsPasswords: signOn.allowsPasswords,
      registration: usesDirectory || !signOn.allowsRegistration ? 'closed' : config.REGISTRATION_MODE,
      domains: config.REGISTRATION_EMAIL_DOMAINS,
      needsEmail:
        config.ACCOUNT_EMAIL_REQUIRED ||
        config.ACCOUNT_EMAIL_VERIFICATION === 'mandatory' ||
        config.REGISTRATION_EMAIL_DOMAINS.length > 0,
      minimumUsername: config.ACCOUNT_USERNAME_MIN_LENGTH,
      minimumPassword: config.AUTH_PASSWORD_MIN_LENGTH,
      logsOutOnPasswordChange: config.ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE,
      offersTotp: config.MFA_TOTP,
      offersKeys: config.MFA_WEBAUTHN,
    },
  });
}

/**
 * The buttons for providers. As in CVAT Enterprise, an address chooses among several of single sign-on, or only the one
 * with the lowest weight is offered. Where no address can choose, each has a button.
 */
function providersOf({ providers, signOnSettings: { selection } }: WebParts) {
  const among = providers.filter(({ settings }) => settings.family === 'oidc');
  const [lightest] = among.toSorted((left, right) => left.settings.weight - right.settings.weight);
  const choosesByEmail =
    selection === 'email_address' &&
    among.length > 1 &&
    among.some(({ settings }) => settings.emailDomain !== null);
  const offered = providers.filter(
    (provider) =>
      provider.settings.family === 'social' || selection === 'email_address' || provider === lightest,
  );
  return {
    choosesByEmail,
    providers: offered.map(({ settings, hasLogoutPage }) => ({
      id: settings.id,
      name: settings.name,
      icon: iconPath(settings),
      path: `/api/auth/${settings.family}/${settings.id}/login/`,
      logoutPath: `/api/auth/${settings.family}/${settings.id}/logout/`,
      hasLogoutPage,
      isChosen: choosesByEmail && settings.family === 'oidc',
    })),
  };
}
