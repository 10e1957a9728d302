import { ParseError } from '../../kernel/errors.js';
import { defineRoute, reply } from '../../platform/http/route.js';
import type { IdentityProvider } from '../../platform/oidc/provider.js';
import { findProvider } from './flow-routes.js';
import type { ProviderLogout } from './logout-service.js';

export interface LogoutRouteDeps {
  readonly providers: readonly IdentityProvider[];
  readonly logout: ProviderLogout;
}

/** OpenID Connect Back-Channel Logout 1.0. */
export const logoutRoutes = ({ providers, logout }: LogoutRouteDeps) => [
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
    access: { kind: 'public', because: 'a token that the provider signed proves who asks' },
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
