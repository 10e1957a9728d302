import type { Express } from 'express';
import { createApp } from './app.js';
import { CSRF_COOKIE, csrfFormatProblem } from './authentication/csrf.js';
import { createBreachFile } from './authentication/passwords/validators/breach-file.js';
import { createPasswordPolicy } from './authentication/passwords/validators/policy.js';
import { composeAccounts } from './composition/accounts.js';
import { composeAuthentication } from './composition/authentication.js';
import { withoutLocalAccounts } from './composition/directory.js';
import { type Engines, openEngines } from './composition/engines.js';
import { composeMail } from './composition/mail.js';
import { composeOperations } from './composition/operations.js';
import { composePipeline } from './composition/pipeline.js';
import { prepare } from './composition/prepare.js';
import { composeResources } from './composition/resources.js';
import { createState } from './composition/state.js';
import type { FirstAdmin } from './features/accounts/index.js';
import { createApiDocs } from './features/api-docs/index.js';
import { bundleRoutes } from './features/policy-bundle/routes.js';
import { serverInfoRoutes } from './features/server-info/routes.js';
import type { Clock } from './kernel/clock.js';
import type { Random } from './kernel/random.js';
import type { Config } from './platform/config/settings.js';
import { cookieValue } from './platform/http/cookies.js';
import { createExchanges } from './platform/http/exchange.js';
import { createOriginReader } from './platform/http/origin.js';
import type { AnyRoute } from './platform/http/route.js';
import type { OpenApiDocument } from './platform/openapi/types.js';
import type { Log } from './platform/telemetry/log.js';

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
  /** The OpenAPI document of these routes. */
  readonly document: () => OpenApiDocument;
  readonly engines: Pick<Engines, 'database' | 'sessions' | 'policy' | 'db'>;
  /** Migrates, finds the secret key, creates the first administrator. @throws ServiceUnavailable, StartError */
  readonly prepare: () => Promise<FirstAdmin | undefined>;
  /** Delivers what waits in the outbox now. @returns how many mails left; tests call it instead of waiting */
  readonly deliverMail: () => Promise<number>;
  /** What otherwise happens once a day, and what is due of the accounts of a directory. */
  readonly runMaintenance: () => Promise<void>;
  /** From now on readiness says no. */
  readonly stop: () => void;
  readonly close: () => Promise<void>;
}

/** The composition root: the only place that builds and joins the parts. */
export async function createContainer(options: ContainerOptions): Promise<Container> {
  const { config, clock, random, log } = options;
  const breachFile =
    config.PASSWORD_BREACH_FILE === undefined
      ? undefined
      : await createBreachFile(config.PASSWORD_BREACH_FILE);
  const engines = await openEngines(options);
  const state = createState({ secretKey: config.SECRET_KEY, siteName: config.SITE_NAME });
  const exchanges = createExchanges(createOriginReader(config.TRUSTED_PROXIES));
  const authentication = composeAuthentication({ options, engines, exchanges, state });
  const mail = composeMail(options, engines, state);
  const operations = composeOperations(options, engines, exchanges, state);
  const { sessions, chain, passwords } = authentication;

  const policy = createPasswordPolicy(breachFile === undefined ? {} : { isBreached: breachFile.contains });
  const { accounts, accessTokens } = composeAccounts({
    options,
    engines,
    authentication,
    exchanges,
    state,
    mail,
    policy,
  });
  const resources = composeResources({
    options,
    engines,
    authentication,
    policy,
    mailer: accounts.mailer,
    mail,
    state,
  });

  const signIn = authentication.directory === null ? accounts : withoutLocalAccounts(accounts);
  const routes: readonly AnyRoute[] = [
    ...signIn.routes,
    ...accessTokens.routes,
    ...resources.routes,
    ...serverInfoRoutes({
      version: options.version,
      analytics: config.CVAT_ANALYTICS,
      models: config.CVAT_SERVERLESS,
    }),
    ...bundleRoutes(engines.rules.bundle),
  ];

  const pipeline = composePipeline({
    options,
    engines,
    exchanges,
    state,
    chain,
    throttleCaller: resources.throttle,
  });
  const docs = createApiDocs({
    ...pipeline,
    routes,
    version: options.version,
    isPublic: config.API_DOCS_PUBLIC,
    uiUrl: config.UI_URL,
  });

  const app = createApp({
    exchanges,
    clock,
    random,
    log,
    allowedHosts: [...config.ALLOWED_HOSTS, new URL(config.PUBLIC_URL).hostname],
    corsAllowedOrigins: config.CORS_ALLOWED_ORIGINS,
    slashPaths: [...operations.slashPaths, ...signIn.slashPaths],
    repairCsrf: (exchange) => {
      const cookie = cookieValue(exchange.cookies, CSRF_COOKIE);
      if (cookie !== undefined && csrfFormatProblem(cookie) !== undefined) sessions.rotateCsrf(exchange);
    },
    onResponse: operations.onResponse,
    probes: operations.probes,
    pages: [...operations.pages, ...signIn.pages, ...docs.pages],
    routes,
    pipeline,
  });

  return {
    app,
    routes,
    document: docs.document,
    engines,
    prepare: async () => {
      const admin = await prepare(options, engines.db, state, passwords);
      if (mail.isConfigured && !options.strict) mail.worker.start();
      accessTokens.start();
      await authentication.directory?.start();
      return admin;
    },
    deliverMail: () => mail.worker.runOnce(),
    runMaintenance: async () => {
      await accessTokens.runMaintenance();
      await authentication.directory?.recheck();
    },
    stop: () => {
      state.stopping = true;
    },
    close: async () => {
      accessTokens.stop();
      await authentication.directory?.close();
      await mail.worker.stop();
      mail.transport.close();
      await breachFile?.close();
      await engines.close();
    },
  };
}
