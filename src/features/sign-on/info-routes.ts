import { z } from 'zod';
import type { SignOnSettings } from '../../platform/config/auth-config.js';
import { defineRoute, reply } from '../../platform/http/route.js';
import { ICONS } from './icons.js';
import { LoginUrlQuery, SocialAuthMethods, SSOLoginURL, UserAgreement } from './schemas.js';
import { selectProvider } from './selection.js';

export interface InfoRouteDeps {
  readonly settings: SignOnSettings;
  readonly publicUrl: string;
}

const publicAccess = { kind: 'public', because: 'for people without a session' } as const;

const SOCIAL = { google: 'Google', github: 'GitHub', 'amazon-cognito': 'Amazon Cognito' } as const;

const listRoute = ({ settings }: InfoRouteDeps) =>
  defineRoute({
    method: 'get',
    path: '/api/auth/social',
    operationId: 'auth_list_social',
    summary: 'Method provides a list with integrated social accounts authentication.',
    description: 'Says in which ways people can sign in besides a password.',
    tag: 'auth',
    view: 'Social Authentication',
    access: publicAccess,
    responses: { 200: SocialAuthMethods },
    handle: async () => {
      const isEnabled = (id: string) =>
        settings.providers.some((provider) => provider.id === id && provider.family === 'social');
      const methodOf = (id: keyof typeof SOCIAL) => ({
        is_enabled: isEnabled(id),
        icon: isEnabled(id) ? ICONS[id] : null,
        public_name: SOCIAL[id],
      });
      return reply(200, {
        google: methodOf('google'),
        github: methodOf('github'),
        'amazon-cognito': methodOf('amazon-cognito'),
        sso: {
          is_enabled: settings.providers.some(({ family }) => family === 'oidc'),
          icon: null,
          public_name: 'SSO',
          selection_schema: settings.selection,
        },
      });
    },
  });

const loginUrlRoute = ({ settings, publicUrl }: InfoRouteDeps) =>
  defineRoute({
    method: 'get',
    path: '/api/auth/sso/login-url/',
    operationId: 'auth_retrieve_sso_login_url',
    summary: 'Method returns SSO login URL based on server configuration and request parameters',
    description:
      'Chooses the identity provider by the domain of an e-mail address, by weight, or by its issuer.',
    tag: 'auth',
    view: 'SSO Login URL',
    access: publicAccess,
    countsWithCredentials: true,
    query: LoginUrlQuery,
    responses: { 200: SSOLoginURL },
    handle: async ({ query }) => {
      const { id } = selectProvider(settings, { email: query.email, iss: query.iss });
      return reply(200, { url: `${publicUrl}/api/auth/oidc/${id}/login/` });
    },
  });

const agreementsRoute = () =>
  defineRoute({
    method: 'get',
    path: '/api/user-agreements',
    operationId: 'user_agreements_retrieve',
    summary: 'Method provides user agreements that the user must accept to register',
    description: 'This server asks for none, so the list is empty.',
    tag: 'subscriptions',
    view: 'User Agreements',
    accepted: 'none',
    access: publicAccess,
    responses: { 200: z.array(UserAgreement) },
    handle: async () => reply(200, []),
  });

/**
 * What clients ask before a sign-in. The open build of CVAT has no list of ways, and neither has a server without
 * providers.
 */
export const infoRoutes = (deps: InfoRouteDeps) => [
  ...(deps.settings.providers.length > 0 ? [listRoute(deps)] : []),
  loginUrlRoute(deps),
  agreementsRoute(),
];
