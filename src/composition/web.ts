import { createApp } from '../app.js';
import type { Chain } from '../authentication/chain.js';
import { CSRF_COOKIE, csrfFormatProblem } from '../authentication/csrf.js';
import { createForwardRule } from '../authorization/forward-rule.js';
import { createApiDocs, type Described } from '../features/api-docs/index.js';
import { createForwardAuth, FORWARD_PATH } from '../features/forward-auth/index.js';
import type { Metrics } from '../features/operations/metrics/metrics.js';
import type { ReadinessCheck } from '../features/operations/readiness.js';
import type { Shell } from '../features/pages/create-shell.js';
import type { Caller } from '../kernel/account.js';
import type { SignOnSettings } from '../platform/config/auth-config.js';
import { cookieValue } from '../platform/http/cookies.js';
import { createEndings } from '../platform/http/endings.js';
import type { Exchange, Exchanges } from '../platform/http/exchange.js';
import type { PipelineDeps } from '../platform/http/pipeline.js';
import type { AnyRoute } from '../platform/http/route.js';
import type { IdentityProvider } from '../platform/oidc/provider.js';
import type { Authentication } from './authentication.js';
import type { Engines } from './engines.js';
import { composeOperations, type PlainHandler } from './operations.js';
import type { ContainerOptions } from './options.js';
import { composePages } from './pages.js';
import { composePipeline } from './pipeline.js';
import type { State } from './state.js';

export interface WebParts {
  readonly options: ContainerOptions;
  readonly engines: Engines;
  readonly exchanges: Exchanges;
  readonly state: State;
  readonly metrics: Metrics;
  readonly authentication: Authentication;
  readonly chain: Chain;
  readonly routes: readonly AnyRoute[];
  readonly shell: Shell;
  readonly signOnSettings: SignOnSettings;
  readonly providers: readonly IdentityProvider[];
  readonly readiness: ReadinessCheck;
  /** Account pages that are not routes, and the paths to which a slash is added. */
  readonly signIn: { readonly pages: readonly PlainHandler[]; readonly slashPaths: readonly RegExp[] };
  /** Counts a request of a throttled route for its caller. @throws Throttled */
  readonly throttleCaller: (scope: string | undefined, caller: Caller) => Promise<void>;
}

/** Combines the routes, the pages and the layers around both into one application. */
export async function composeWeb(parts: WebParts) {
  const { options, engines, exchanges, state, metrics, chain, routes, signIn } = parts;
  const { config, clock, random, log } = options;
  const allowedHosts = [...config.ALLOWED_HOSTS, new URL(config.PUBLIC_URL).hostname];
  const operations = composeOperations({
    options,
    engines,
    exchanges,
    state,
    metrics,
    allowedHosts,
    passwords: parts.authentication.passwords,
    readiness: parts.readiness,
  });
  const { throttleCaller } = parts;
  const pipeline = composePipeline({ options, engines, exchanges, state, metrics, chain, throttleCaller });
  const docs = createApiDocs({
    exchanges,
    identify: pipeline.identify,
    admit: pipeline.admit,
    throttle: pipeline.throttle,
    ...describedBy(options, routes),
    uiUrl: config.UI_URL,
  });
  const pages = await composePages(parts, pipeline);
  const endings = createEndings();
  const app = createApp({
    exchanges,
    endings,
    clock,
    random,
    log,
    allowedHosts,
    corsAllowedOrigins: config.CORS_ALLOWED_ORIGINS,
    corsAllowedHeaders: config.CORS_ALLOW_HEADERS,
    referrerPolicy: config.SECURE_REFERRER_POLICY,
    slashPaths: [...operations.slashPaths, ...signIn.slashPaths],
    uiUrl: config.UI_URL,
    repairCsrf: csrfRepairOf(parts.authentication),
    onEnd: operations.onEnd,
    onUnavailable: metrics.countUnavailable,
    probes: [...operations.probes, ...forwardAuthOf(parts, pipeline)],
    pages: [...operations.pages, ...signIn.pages, ...parts.shell.assets(exchanges), ...pages, ...docs.pages],
    routes,
    pipeline,
  });
  return { app, document: docs.document, giveUp: endings.giveUp };
}

/** Before the check of hosts, because proxies ask for hosts of others. Without such hosts, there is nothing to ask. */
function forwardAuthOf({ options, engines, exchanges }: WebParts, pipeline: PipelineDeps) {
  const { config, clock, random } = options;
  if (config.FORWARD_AUTH_HOSTS.length === 0) return [];
  const pages = `${config.PUBLIC_URL}/account`;
  const handler = createForwardAuth({
    ...pipeline,
    exchanges,
    db: engines.db,
    clock,
    random,
    hosts: config.FORWARD_AUTH_HOSTS,
    csrfTrustedOrigins: config.CSRF_TRUSTED_ORIGINS,
    publicUrl: config.PUBLIC_URL,
    pages: config.ACCOUNT_PAGES ? { signIn: `${pages}/sign-in`, enrolment: `${pages}/security/enrol` } : null,
    mayPass: createForwardRule(engines.policyEngine),
  });
  return [{ path: FORWARD_PATH, handler }];
}

/** What the OpenAPI document depends on. */
export const describedBy = (
  { config }: Pick<ContainerOptions, 'config'>,
  routes: readonly AnyRoute[],
): Described => ({
  routes,
  version: config.CVAT_VERSION,
  isPublic: config.API_DOCS_PUBLIC,
  minimumUsername: config.ACCOUNT_USERNAME_MIN_LENGTH,
});

/** A cookie that no check would accept is replaced early. */
const csrfRepairOf =
  ({ sessions }: Authentication) =>
  (exchange: Exchange): void => {
    const cookie = cookieValue(exchange.cookies, CSRF_COOKIE);
    if (cookie !== undefined && csrfFormatProblem(cookie) !== undefined) sessions.rotateCsrf(exchange);
  };
