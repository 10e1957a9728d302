import type { PipelineDeps } from '../platform/http/pipeline.js';
import { createFailureReport } from '../platform/http/render-error.js';
import type { PlainHandler } from './operations.js';
import type { WebParts } from './web.js';

/**
 * Connects the pages for people to the routes and the settings. Their code is loaded only if there are any.
 *
 * @throws StartError if the logo can't be read
 */
export async function composePages(
  { options, exchanges, state, authentication, metrics, routes }: WebParts,
  pipeline: PipelineDeps,
): Promise<readonly PlainHandler[]> {
  const { config, clock, log } = options;
  if (!config.ACCOUNT_PAGES) return [];
  const { createPages } = await import('../features/pages/index.js');
  const usesDirectory = authentication.directory !== null;
  return createPages({
    exchanges,
    routes,
    pipeline,
    clock,
    sessions: authentication.sessions,
    csrfTrustedOrigins: config.CSRF_TRUSTED_ORIGINS,
    isSecure: config.CSRF_COOKIE_SECURE,
    reportFailure: createFailureReport({ log, onUnavailable: metrics.countUnavailable }),
    brand: { color: config.BRAND_COLOR, logo: config.BRAND_LOGO },
    settings: {
      siteName: state.siteName,
      uiUrl: config.UI_URL,
      publicUrl: config.PUBLIC_URL,
      loginMethod: config.ACCOUNT_AUTHENTICATION_METHOD,
      usesDirectory,
      registration: usesDirectory ? 'closed' : config.REGISTRATION_MODE,
      domains: config.REGISTRATION_EMAIL_DOMAINS,
      needsEmail:
        config.ACCOUNT_EMAIL_REQUIRED ||
        config.ACCOUNT_EMAIL_VERIFICATION === 'mandatory' ||
        config.REGISTRATION_EMAIL_DOMAINS.length > 0,
      minimumUsername: config.ACCOUNT_USERNAME_MIN_LENGTH,
      minimumPassword: config.AUTH_PASSWORD_MIN_LENGTH,
      logsOutOnPasswordChange: config.ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE,
    },
  });
}
