import { fileURLToPath } from 'node:url';
import type { Express } from 'express';
import { createApp } from './app.js';
import { CSRF_COOKIE, csrfFormatProblem } from './authentication/csrf.js';
import { createBreachFile } from './authentication/passwords/validators/breach-file.js';
import { createPasswordPolicy } from './authentication/passwords/validators/policy.js';
import { createAuthorizer, createVisibility } from './authorization/authorizer.js';
import { createBundle } from './authorization/bundle/bundle.js';
import { composeAuthentication } from './composition/authentication.js';
import { type Engines, openEngines } from './composition/engines.js';
import { composeMail } from './composition/mail.js';
import { composeOperations } from './composition/operations.js';
import { composeResources } from './composition/resources.js';
import { prepare } from './composition/prepare.js';
import { createState } from './composition/state.js';
import { createAccessTokens } from './features/access-tokens/index.js';
import { createAccounts, type FirstAdmin } from './features/accounts/index.js';
import { bundleRoutes } from './features/policy-bundle/routes.js';
import { serverInfoRoutes } from './features/server-info/routes.js';
import type { Clock } from './kernel/clock.js';
import type { Random } from './kernel/random.js';
import type { Config } from './platform/config/settings.js';
import { cookieValue } from './platform/http/cookies.js';
import { createExchanges } from './platform/http/exchange.js';
import { createOriginReader } from './platform/http/origin.js';
import { challengeOf } from './platform/http/pipeline.js';
import type { AnyRoute } from './platform/http/route.js';
import type { Log } from './platform/telemetry/log.js';
import { createRequestLimit } from './platform/throttle/request-limit.js';

export interface ContainerOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly version: string;
  /** Checks answers against their schemas and misuse of transactions: tests and development. */
  readonly strict: boolean;
}

export interface Container {
  readonly app: Express;
  readonly routes: readonly AnyRoute[];
  readonly engines: Pick<Engines, 'database' | 'sessions' | 'policy' | 'db'>;
  /** Migrates, finds the secret key, creates the first administrator. @throws ServiceUnavailable, StartError */
  readonly prepare: () => Promise<FirstAdmin | undefined>;
  /** Delivers what waits in the outbox now. @returns how many mails left; tests call it instead of waiting */
  readonly deliverMail: () => Promise<number>;
  /** What otherwise happens once a day. */
  readonly runMaintenance: () => Promise<void>;
  /** From now on readiness says no. */
  readonly stop: () => void;
  readonly close: () => Promise<void>;
}

const RULES = fileURLToPath(new URL('../rules', import.meta.url));

/** The composition root: the only place that builds and joins the parts. */
export async function createContainer(options: ContainerOptions): Promise<Container> {
  const { config, clock, random, log } = options;
  const breachFile = config.PASSWORD_BREACH_FILE === undefined ? undefined : await createBreachFile(config.PASSWORD_BREACH_FILE);
  const bundle = await createBundle([RULES]);
  const engines = await openEngines({ ...options, revision: bundle.revision });
  const state = createState({ secretKey: config.SECRET_KEY, siteName: config.SITE_NAME });
  const exchanges = createExchanges(createOriginReader(config.TRUSTED_PROXIES));
  const authentication = composeAuthentication({ options, engines, exchanges, state });
  const mail = composeMail(options, engines, state);
  const operations = composeOperations(options, engines, exchanges, state);
  const { sessions, chain, passwords } = authentication;

  const policy = createPasswordPolicy(breachFile === undefined ? {} : { isBreached: breachFile.contains });
  const accounts = createAccounts({
    ...authentication,
    db: engines.db,
    rates: engines.rates,
    clock,
    random,
    exchanges,
    secretKey: state.secretKey,
    policy,
    mail: {
      publicUrl: config.PUBLIC_URL,
      site: mail.site,
      isConfigured: mail.isConfigured,
      notifiesChanges: config.NOTIFY_ACCOUNT_CHANGES,
    },
    mailRates: { perRecipient: config.MAIL_REQUESTS_PER_RECIPIENT, perClient: config.MAIL_REQUESTS_PER_CLIENT },
    wakeMail: mail.wake,
    verification: config.ACCOUNT_EMAIL_VERIFICATION,
    registration: {
      mode: config.REGISTRATION_MODE,
      domains: config.REGISTRATION_EMAIL_DOMAINS,
      defaultGroup: config.IAM_DEFAULT_ROLE,
      invitationDays: config.ORG_INVITATION_EXPIRY_DAYS,
    },
    logsOutOnPasswordChange: config.ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE,
    csrfTrustedOrigins: config.CSRF_TRUSTED_ORIGINS,
    redirects: redirectsOf(config),
    onWriteError: (error) => log.warn({ error }, 'A login could not be noted.'),
  });

  const accessTokens = createAccessTokens({
    db: engines.db,
    clock,
    random,
    stalePeriodSeconds: config.CVAT_ACCESS_TOKEN_STALE_PERIOD,
    unusableTtlSeconds: config.CVAT_ACCESS_TOKEN_UNUSABLE_TOKEN_TTL,
    maximumPerUser: config.CVAT_MAX_ACCESS_TOKENS_PER_USER,
    onPurged: (count) => log.info({ count }, 'Unusable access tokens were deleted.'),
    onPurgeError: (error) => log.warn({ error }, 'Unusable access tokens could not be deleted.'),
  });

  const routes: readonly AnyRoute[] = [
    ...accounts.routes,
    ...accessTokens.routes,
    ...composeResources({ options, engines, authentication, policy, mailer: accounts.mailer, mail, state }),
    ...serverInfoRoutes({ version: options.version, analytics: config.CVAT_ANALYTICS, models: config.CVAT_SERVERLESS }),
    ...bundleRoutes(() => bundle),
  ];

  const limitAnonymous =
    config.THROTTLE_ANON === null
      ? async () => undefined
      : createRequestLimit(config.THROTTLE_ANON, engines.rates, clock, (req) => `anon:${exchanges.of(req).origin.clientAddress}`);

  const app = createApp({
    exchanges,
    clock,
    random,
    log,
    allowedHosts: [...config.ALLOWED_HOSTS, new URL(config.PUBLIC_URL).hostname],
    corsAllowedOrigins: config.CORS_ALLOWED_ORIGINS,
    slashPaths: [...operations.slashPaths, ...accounts.slashPaths],
    repairCsrf: (exchange) => {
      const cookie = cookieValue(exchange.cookies, CSRF_COOKIE);
      if (cookie !== undefined && csrfFormatProblem(cookie) !== undefined) sessions.rotateCsrf(exchange);
    },
    onResponse: operations.onResponse,
    probes: operations.probes,
    pages: [...operations.pages, ...accounts.pages],
    routes,
    pipeline: {
      exchanges,
      identify: (exchange, ways) => {
        if (ways !== 'none') state.requirePrepared();
        return chain.identify(exchange.req, exchange.res, ways, challengeOf(ways));
      },
      authorize: createAuthorizer(engines.policyEngine),
      visible: createVisibility(engines.policyEngine),
      throttle: async ({ req, res }, caller) => {
        if (caller === null) await limitAnonymous(req, res);
      },
      checkResponses: options.strict,
    },
  });

  return {
    app,
    routes,
    engines,
    prepare: async () => {
      const admin = await prepare(options, engines.db, state, passwords);
      if (mail.isConfigured && !options.strict) mail.worker.start();
      accessTokens.start();
      return admin;
    },
    deliverMail: () => mail.worker.runOnce(),
    runMaintenance: accessTokens.runMaintenance,
    stop: () => {
      state.stopping = true;
    },
    close: async () => {
      accessTokens.stop();
      await mail.worker.stop();
      mail.transport.close();
      await breachFile?.close();
      await engines.close();
    },
  };
}

/** Where links in mails lead: fixed by the settings, never by a request. */
const redirectsOf = (config: Config) => ({
  done: config.ACCOUNT_EMAIL_CONFIRMATION_ANONYMOUS_REDIRECT_URL,
  loggedIn: config.LOGIN_REDIRECT_URL,
  refused: config.INCORRECT_EMAIL_CONFIRMATION_URL,
});
