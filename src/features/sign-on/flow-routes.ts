import { ApiError, NotFound, ServiceUnavailable, ValidationError } from '../../kernel/errors.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { defineRoute, reply } from '../../platform/http/route.js';
import type { IdentityProvider } from '../../platform/oidc/provider.js';
import { type Login, TokenRead } from '../accounts/index.js';
import type { Flow } from './flow-service.js';
import { SIGN_ON_PROBLEMS, type SignOnProblem } from './problems.js';
import { BeginQuery, CallbackQuery, SocialLoginWrite, TokenQuery } from './schemas.js';

export interface FlowRouteDeps {
  readonly providers: readonly IdentityProvider[];
  readonly flow: Flow;
  readonly login: Pick<Login, 'noteLogin'>;
  /** Where people go after a sign-in that named no page (`LOGIN_REDIRECT_URL`). */
  readonly landingUrl: string;
  /** The user interface, or this server. */
  readonly pagesUrl: string;
  /** The page to sign in, which says what went wrong; null without pages. */
  readonly signInPage: string | null;
  /** The page where people link identities to their account; null without pages. */
  readonly securityPage: string | null;
  /** The page where people set up a second factor that they have to have; null without pages. */
  readonly enrolmentPage: string | null;
}

type Family = IdentityProvider['settings']['family'];

/** Those of CVAT 2.62. */
const OPERATIONS = {
  social: {
    begin: { operationId: 'auth_retrieve_social_login' },
    callback: { operationId: 'auth_retrieve_social_login_callback' },
    token: { operationId: 'auth_create_social_login_token' },
  },
  oidc: {
    begin: { operationId: 'auth_retrieve_oidc_login' },
    callback: { operationId: 'auth_retrieve_oidc_login_callback' },
    token: { operationId: 'auth_create_oidc_login_token' },
  },
} as const;

const UI_PAGES: Readonly<Record<Family, string>> = {
  oidc: '/auth/login-with-oidc',
  social: '/auth/login-with-social-app/',
};
/** dj-rest-auth 5 `SocialLoginSerializer`. */
const NO_CODE = { non_field_errors: ['Incorrect input. access_token or code is required.'] };
const SECOND_FACTOR_ELSEWHERE = 'This account has a second factor: send its code to /api/auth/login/code.';
const SECOND_FACTOR = {
  non_field_errors: ['This account has a second factor. Sign in without `client=ui`.'],
};
const WRONG_CODE = { non_field_errors: ['Incorrect value'] };

const publicAccess = { kind: 'public', because: 'for people without a session' } as const;

/** @returns an answer that leads a browser on */
export const redirect = (to: string) => reply(302, null, { Location: to });

const withQuery = (url: string, query: Readonly<Record<string, string>>): string =>
  `${url}?${new URLSearchParams(query)}`;

/** @throws NotFound */
export function findProvider(
  providers: readonly IdentityProvider[],
  family: Family,
  id: string | undefined,
): IdentityProvider {
  const provider = providers.find(({ settings }) => settings.family === family && settings.id === id);
  if (provider === undefined) throw new NotFound();
  return provider;
}

/**
 * Browsers are led to a page with a sentence.
 *
 * @param page null without pages
 * @throws ApiError without pages
 */
export function tell(page: string | null, { settings }: IdentityProvider, problem: SignOnProblem) {
  if (page !== null) return redirect(withQuery(page, { problem, provider: settings.id }));
  const sentence = SIGN_ON_PROBLEMS[problem];
  if (problem === 'unreachable') throw new ServiceUnavailable('provider_unreachable', sentence);
  if (problem === 'unverified') throw new ApiError(400, sentence);
  throw new ApiError(400, { detail: sentence });
}

const beginRoute = (deps: FlowRouteDeps, family: Family) =>
  defineRoute({
    method: 'get',
    path: `/api/auth/${family}/:id/login/`,
    ...OPERATIONS[family].begin,
    summary: 'Redirects to provider authentication page',
    description:
      'Leads a browser to the identity provider, which leads it back to the callback. The sign-in is bound to this browser, works once, and lasts ten minutes.',
    tag: 'auth',
    view: 'Login',
    access: publicAccess,
    countsWithCredentials: true,
    query: BeginQuery,
    responses: { 302: null },
    handle: async ({ exchange, params, query }) => {
      const provider = findProvider(deps.providers, family, params['id']);
      const begun = await deps.flow.begin(exchange, provider, {
        next: query.next ?? null,
        isForUi: query.client === 'ui',
        linksTo: null,
      });
      return begun.kind === 'redirect' ? redirect(begun.to) : tell(deps.signInPage, provider, begun.problem);
    },
  });

const callbackRoute = (deps: FlowRouteDeps, family: Family) =>
  defineRoute({
    method: 'get',
    path: `/api/auth/${family}/:id/login/callback/`,
    ...OPERATIONS[family].callback,
    summary:
      'Checks the authentication response from specified provider, redirects to the CVAT client if successful.',
    description:
      'The provider leads the browser here, with `code` and `state`. A successful answer opens a session and leads to the page that the sign-in named.',
    tag: 'auth',
    view: 'Callback',
    access: publicAccess,
    countsWithCredentials: true,
    query: CallbackQuery,
    responses: { 302: null },
    handle: async ({ exchange, params }) => {
      const provider = findProvider(deps.providers, family, params['id']);
      const finished = await deps.flow.finish(exchange, provider);
      switch (finished.kind) {
        case 'signed-in':
          return redirect(finished.next ?? deps.landingUrl);
        case 'second-factor':
          return redirect(codePage(deps, finished.next));
        case 'enrolment':
          return redirect(enrolmentPage(deps, finished.next));
        case 'code':
          return redirect(uiPage(deps, provider, finished.code));
        case 'linked':
          return redirect(
            deps.securityPage === null ? deps.landingUrl : withQuery(deps.securityPage, { done: 'linked' }),
          );
        case 'problem':
          return tell(finished.wasLinking ? deps.securityPage : deps.signInPage, provider, finished.problem);
      }
    },
  });

/** @throws ApiError without pages */
function codePage({ signInPage }: FlowRouteDeps, next: string | null): string {
  if (signInPage === null) throw new ApiError(400, { detail: SECOND_FACTOR_ELSEWHERE });
  return withQuery(signInPage, { step: 'code', ...(next === null ? {} : { next }) });
}

function enrolmentPage({ enrolmentPage: page, landingUrl }: FlowRouteDeps, next: string | null): string {
  if (page === null) return next ?? landingUrl;
  return next === null ? page : withQuery(page, { next });
}

const uiPage = ({ pagesUrl }: FlowRouteDeps, { settings }: IdentityProvider, code: string): string =>
  withQuery(`${pagesUrl}${UI_PAGES[settings.family]}`, {
    provider: settings.id,
    code,
    auth_params: '',
    process: 'login',
    scope: '',
  });

const tokenRoute = (deps: FlowRouteDeps, family: Family) =>
  defineRoute({
    method: 'post',
    path: `/api/auth/${family}/:id/login/token/`,
    ...OPERATIONS[family].token,
    summary: 'Method returns an authentication token based on code parameter',
    description:
      'For the user interface of CVAT Enterprise: takes the one-time code that the callback gave to `client=ui`, opens a session, and answers the API token. Codes and tokens of the provider itself are refused.',
    tag: 'auth',
    view: 'Login',
    access: publicAccess,
    countsWithCredentials: true,
    query: TokenQuery,
    body: SocialLoginWrite,
    responses: { 200: TokenRead },
    handle: async ({ exchange, params, body }) => {
      const provider = findProvider(deps.providers, family, params['id']);
      const key = await redeem(deps, exchange, provider, body);
      return reply(200, { key });
    },
  });

/** @returns the API token. @throws ValidationError */
async function redeem(
  { flow, login }: FlowRouteDeps,
  exchange: Exchange,
  provider: IdentityProvider,
  { code = '', access_token: accessToken = '' }: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (code === '') throw new ValidationError(accessToken === '' ? NO_CODE : WRONG_CODE);
  const userId = await flow.redeem(exchange, provider, code);
  if (userId === undefined) throw new ValidationError(WRONG_CODE);
  if (userId === 'second-factor') throw new ValidationError(SECOND_FACTOR);
  return login.noteLogin(userId);
}

/** Signing in at providers: the same for both families of CVAT's API. */
export const flowRoutes = (deps: FlowRouteDeps) =>
  (['social', 'oidc'] as const).flatMap((family) => [
    beginRoute(deps, family),
    callbackRoute(deps, family),
    tokenRoute(deps, family),
  ]);
