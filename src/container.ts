import type { Express } from 'express';
import { type BreachFile, createBreachFile } from './authentication/passwords/validators/breach-file.js';
import { createPasswordPolicy, type PasswordPolicy } from './authentication/passwords/validators/policy.js';
import { composeAccounts } from './composition/accounts.js';
import { composeAuthentication } from './composition/authentication.js';
import { withoutLocalAccounts } from './composition/directory.js';
import { type Engines, openEngines } from './composition/engines.js';
import { composeFactorCheck } from './composition/factors.js';
import { composeMail } from './composition/mail.js';
import { composeReadiness } from './composition/operations.js';
import type { ContainerOptions } from './composition/options.js';
import { composeShell } from './composition/pages.js';
import { prepare } from './composition/prepare.js';
import { composeResources } from './composition/resources.js';
import { createEventSink } from './composition/security-events.js';
import { composeSignOn, signOnSettingsOf } from './composition/sign-on.js';
import { createState, type State } from './composition/state.js';
import { composeStatus } from './composition/status.js';
import { composeWeb } from './composition/web.js';
import type { Administration, FirstAdminOutcome } from './features/accounts/index.js';
import { createMetrics, type Metrics } from './features/operations/metrics/metrics.js';
import { bundleRoutes } from './features/policy-bundle/routes.js';
import { serverInfoRoutes } from './features/server-info/routes.js';
import type { Config } from './platform/config/settings.js';
import { createExchanges } from './platform/http/exchange.js';
import { createOriginReader } from './platform/http/origin.js';
import type { AnyRoute } from './platform/http/route.js';
import type { OpenApiDocument } from './platform/openapi/types.js';
import { SERVER_VERSION } from './version.js';

export interface Container {
  readonly app: Express;
  readonly routes: readonly AnyRoute[];
  /** The OpenAPI document of these routes. */
  readonly document: () => OpenApiDocument;
  readonly engines: Pick<Engines, 'database' | 'sessions' | 'policy' | 'db' | 'rates'>;
  /** An operator's operations on accounts. */
  readonly administration: Administration;
  /** Migrates, finds the secret key, creates the first administrator. @throws ServiceUnavailable, StartError */
  readonly prepare: () => Promise<FirstAdminOutcome>;
  /** Delivers the mails in the outbox now. @returns how many were sent; tests call it instead of waiting */
  readonly deliverMail: () => Promise<number>;
  /** Runs the hourly tasks, and the due checks of directory accounts. */
  readonly runMaintenance: () => Promise<void>;
  /** Makes readiness fail from now on. */
  readonly stop: () => void;
  readonly close: () => Promise<void>;
}

/** The composition root: the only place that creates and connects the parts. */
export async function createContainer(options: ContainerOptions): Promise<Container> {
  const { config } = options;
  const metrics = createMetrics(SERVER_VERSION);
  const engines = await openEngines(options, metrics);
  const breachFile =
    config.PASSWORD_BREACH_FILE === undefined ? null : await createBreachFile(config.PASSWORD_BREACH_FILE);
  const policy = createPasswordPolicy({
    context: contextOf(config),
    validators: config.AUTH_PASSWORD_VALIDATORS,
    minimumLength: config.AUTH_PASSWORD_MIN_LENGTH,
    isBreached: breachFile?.contains,
  });
  const state = createState({ secretKey: config.SECRET_KEY, siteName: config.SITE_NAME });
  const parts = await composeParts(options, { engines, state, policy }, metrics);
  const { web, routes, resources } = parts;
  return {
    app: web.app,
    routes,
    document: web.document,
    engines,
    administration: resources.administration,
    ...lifecycleOf(options, { engines, state, policy, breachFile, parts }),
  };
}

interface Foundations {
  readonly engines: Engines;
  readonly state: State;
  readonly policy: PasswordPolicy;
}

/** Everything between the engines and the application. */
async function composeParts(
  options: ContainerOptions,
  { engines, state, policy }: Foundations,
  metrics: Metrics,
) {
  const { config } = options;
  const exchanges = createExchanges(
    createOriginReader(config.TRUSTED_PROXIES),
    createEventSink(options, metrics),
  );
  const signOnSettings = signOnSettingsOf(options);
  const factors = composeFactorCheck(options, engines, state);
  const authentication = await composeAuthentication({
    options,
    engines,
    exchanges,
    state,
    metrics,
    signOn: signOnSettings,
    factors,
  });
  const { chain, directory } = authentication;
  const mail = await composeMail(options, engines, state, metrics);
  const shell = composeShell(options, state, authentication);
  const { accounts, accessTokens } = composeAccounts({
    options,
    shell,
    engines,
    authentication,
    exchanges,
    state,
    mail,
    policy,
    metrics,
    factors,
    signOn: signOnSettings,
  });
  const { mailer, mailLimits } = accounts;
  const resources = composeResources({
    options,
    engines,
    authentication,
    policy,
    mailer,
    mailLimits,
    mail,
    state,
    factors,
    enter: accounts.login.enter,
    observe: metrics.observeAttempt,
  });
  const signOn = await composeSignOn({
    options,
    engines,
    authentication,
    accounts,
    users: resources.users,
    mail,
    metrics,
    settings: signOnSettings,
    endSessions: resources.endSessions,
  });
  const local = directory === null ? accounts : withoutLocalAccounts(accounts);
  const signIn = {
    pages: local.pages,
    routes: [...local.routes, ...signOn.routes],
    slashPaths: [...local.slashPaths, ...signOn.slashPaths],
  };
  const readiness = composeReadiness({ options, engines, state });
  const routes: readonly AnyRoute[] = [
    ...signIn.routes,
    ...accessTokens.routes,
    ...resources.routes,
    ...serverInfoRoutes({ ...serverInfoOf(options), ...composeStatus(options, engines, readiness) }),
    ...bundleRoutes(engines.rules.bundle),
  ];
  const throttleCaller = resources.throttle;
  const web = await composeWeb({
    options,
    engines,
    exchanges,
    state,
    metrics,
    authentication,
    chain,
    routes,
    shell,
    signOnSettings,
    providers: signOn.providers,
    readiness,
    signIn,
    throttleCaller,
  });
  return { authentication, mail, accessTokens, resources, routes, web };
}

type Lifecycle = Pick<Container, 'prepare' | 'deliverMail' | 'runMaintenance' | 'stop' | 'close'>;

/** The parts to start, and to stop in the reverse order. */
function lifecycleOf(
  options: ContainerOptions,
  {
    engines,
    state,
    policy,
    breachFile,
    parts,
  }: Foundations & {
    readonly breachFile: BreachFile | null;
    readonly parts: Awaited<ReturnType<typeof composeParts>>;
  },
): Lifecycle {
  const { authentication, mail, accessTokens, resources, web } = parts;
  const { directory, passwords } = authentication;
  return {
    prepare: async () => {
      const outcome = await prepare(options, { db: engines.db, state, passwords, policy });
      if (options.isServing === false) return outcome;
      await resources.reportProblems();
      if (mail.isConfigured && !options.strict) mail.worker.start();
      accessTokens.start();
      await directory?.start();
      return outcome;
    },
    deliverMail: () => mail.worker.runOnce(),
    runMaintenance: async () => {
      await accessTokens.runMaintenance();
      await directory?.recheck();
    },
    stop: () => {
      state.stopping = true;
    },
    close: async () => {
      accessTokens.stop();
      await directory?.close();
      await mail.worker.stop();
      mail.transport.close();
      await breachFile?.close();
      await engines.close();
      web.giveUp();
    },
  };
}

/** The placeholder `example.com` in django_site identifies nothing; a name chosen by the operator does. */
const contextOf = ({ PUBLIC_URL, SITE_NAME = '' }: Config): readonly string[] => [
  new URL(PUBLIC_URL).hostname,
  SITE_NAME,
];

const serverInfoOf = ({ config }: ContainerOptions) => ({
  analytics: config.CVAT_ANALYTICS,
  models: config.CVAT_SERVERLESS,
});
