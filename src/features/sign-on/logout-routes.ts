import { NotFound, ParseError } from '../../kernel/errors.js';
import { defineRoute, reply } from '../../platform/http/route.js';
import type { IdentityProvider } from '../../platform/oidc/provider.js';
import type { ProviderUnreachable } from '../../platform/oidc/unreachable.js';
import { unreachable } from './answers.js';
import { findProvider, redirect, tell } from './flow-routes.js';
import type { ProviderLogout } from './logout-service.js';

export interface LogoutRouteDeps {
  readonly providers: readonly IdentityProvider[];
  readonly logout: ProviderLogout;
  /** The page to sign in; null without pages. */
  readonly signInPage: string | null;
  /** Where people go without it (`LOGIN_REDIRECT_URL`). */
  readonly landingUrl: string;
  /** Logs and counts a provider that can't be used. */
  readonly onUnreachable: (provider: string, error: ProviderUnreachable) => void;
}

/** OpenID Connect RP-Initiated Logout 1.0. The provider asks the person, because no token says who they are. */
const logoutRoute = (deps: LogoutRouteDeps) =>
  defineRoute({
    method: 'get',
    path: '/api/auth/oidc/:id/logout/',
    operationId: 'auth_retrieve_oidc_logout',
    summary: 'Leads a browser to the page of an identity provider where people sign out',
    description:
      'For people who have signed out here and want to sign out at their provider too. It leads back to the page to sign in. Not in CVAT.',
    tag: 'auth',
    view: 'Provider Logout',
    accepted: 'none',
    access: { kind: 'public', because: 'for people without a session' },
    responses: { 302: null },
    handle: async ({ params }) => {
      const provider = findProvider(deps.providers, 'oidc', params['id']);
      try {
        const url = await provider.logoutUrl(deps.signInPage ?? deps.landingUrl);
        if (url === undefined) throw new NotFound();
        return redirect(url);
      } catch (error) {
        return tell(deps.signInPage, provider, unreachable(provider, error, deps).problem);
      }
    },
  });

/** Signing out at providers: OpenID Connect Back-Channel Logout 1.0, and RP-Initiated Logout 1.0. */
export const logoutRoutes = ({ providers, logout, ...deps }: LogoutRouteDeps) => [
  logoutRoute({ providers, logout, ...deps }),
  defineRoute({
    method: 'post',
    path: '/api/auth/oidc/:id/backchannel-logout/',
    operationId: 'auth_create_oidc_backchannel_logout',
    summary: 'Ends the sessions of a person who signed out at their identity provider',
    description:
      'For identity providers (OpenID Connect Back-Channel Logout 1.0): the form field `logout_token` names the person. All their sessions and their API token end. Personal access tokens stay. Not in CVAT.',
    tag: 'auth',
    view: 'Backchannel Logout',
    accepted: 'none',
    access: { kind: 'public', because: 'the provider has signed the token in the request' },
    responses: { 204: null },
    handle: async ({ exchange, params }) => {
      const provider = findProvider(providers, 'oidc', params['id']);
      const token = (await exchange.form()).get('logout_token') ?? '';
      const outcome = await logout.end(provider, token);
      if (outcome.kind === 'refused') throw new ParseError('The logout token is not valid.');
      if (outcome.userId !== null)
        exchange.report('session.ended_by_provider', {
          account: outcome.userId,
          provider: provider.settings.id,
        });
      return reply(204, null);
    },
  }),
];
