import { callbackUrl } from './answers.js';
import { type FlowRouteDeps, flowRoutes } from './flow-routes.js';
import { createFlow, type FlowDeps } from './flow-service.js';
import { type InfoRouteDeps, infoRoutes } from './info-routes.js';
import { type LinkRouteDeps, linkRoutes } from './links-routes.js';
import { createLinks, type LinksDeps } from './links-service.js';
import { logoutRoutes } from './logout-routes.js';
import { createProviderLogout, type ProviderLogoutDeps } from './logout-service.js';

export { iconPath } from './icons.js';
export { callbackUrl };

export interface SignOnDeps
  extends Omit<FlowDeps, 'mailer'>,
    InfoRouteDeps,
    Omit<FlowRouteDeps, 'flow'>,
    ProviderLogoutDeps,
    Omit<LinksDeps, 'mailer'>,
    Pick<LinkRouteDeps, 'users'> {
  readonly mailer: FlowDeps['mailer'] & LinksDeps['mailer'];
  readonly publicUrl: string;
  readonly uiUrl: string | undefined;
}

/** Single sign-on: people sign in at an identity provider. */
export function createSignOn(deps: SignOnDeps) {
  const flow = createFlow(deps);
  return {
    providers: deps.providers,
    routes: [
      ...infoRoutes(deps),
      ...flowRoutes({ ...deps, flow }),
      ...linkRoutes({ users: deps.users, links: createLinks({ ...deps, flow }) }),
      ...logoutRoutes({ ...deps, logout: createProviderLogout(deps) }),
    ],
    /** Django's `APPEND_SLASH`. */
    slashPaths: [
      /^\/api\/auth\/(social|oidc)\/[\w-]+\/login(\/callback|\/token)?\/$/,
      /^\/api\/auth\/oidc\/[\w-]+\/logout\/$/,
      /^\/api\/auth\/sso\/login-url\/$/,
    ],
  };
}
