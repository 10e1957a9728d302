import type { RequestHandler } from 'express';
import type { Clock } from '../../kernel/clock.js';
import { send } from '../../platform/http/send.js';
import { allInvitationsPage } from './administration/invitations.js';
import { newPersonPage } from './administration/new-person.js';
import { allOrganizationsPage } from './administration/organizations.js';
import { peoplePage } from './administration/people.js';
import { personPage } from './administration/person.js';
import { serverPage } from './administration/server.js';
import { authenticatorPage } from './authenticator.js';
import { enrolPage } from './enrol.js';
import { exportPage } from './export.js';
import { createPageHandler, type PageHandlerDeps } from './handler.js';
import { homePage } from './home.js';
import { invitationPage } from './invitation.js';
import { keyPage } from './key-page.js';
import { createLanguages } from './language.js';
import { noticePages } from './notices.js';
import { organizationPage } from './organization.js';
import { organizationsPage } from './organizations.js';
import type { Page } from './page.js';
import { PATHS, UI_PATHS } from './paths.js';
import { profilePage } from './profile.js';
import { registerPage } from './register.js';
import { resetConfirmPage, resetPage } from './reset.js';
import { createRouteClient, type RouteClientDeps } from './route-client.js';
import { securityPage } from './security.js';
import type { PageSettings } from './settings.js';
import { signInPage } from './sign-in.js';
import { signOutPage } from './sign-out.js';
import { tokenPage, tokensPage } from './tokens.js';

export interface PagesDeps extends RouteClientDeps, Omit<PageHandlerDeps, 'callRoutes'> {
  readonly clock: Clock;
  readonly settings: PageSettings;
  /** `CSRF_COOKIE_SECURE`: whether browsers reach this server over HTTPS alone. */
  readonly isSecure: boolean;
}

interface PlainHandler {
  readonly path: string;
  readonly handler: RequestHandler;
}

/** The pages for people, below `/account`. They own nothing: each calls the routes of the API in this process. */
export function createPages(deps: PagesDeps): readonly PlainHandler[] {
  const { settings } = deps;
  const handlerOf = createPageHandler({ ...deps, callRoutes: createRouteClient(deps) });
  const pages = pagesOf(deps);
  return [
    ...pages.map((page) => ({ path: page.path, handler: handlerOf(page) })),
    { path: `${PATHS.account}/`, handler: leadTo(deps, () => PATHS.account) },
    ...(settings.uiUrl === undefined
      ? [{ path: '/', handler: handlerOf(homePage(settings)) }, ...uiPages(deps)]
      : []),
  ];
}

function pagesOf({ clock, settings, isSecure }: PagesDeps): readonly Page[] {
  const languages = createLanguages(clock, isSecure);
  const pages: readonly Page[] = [
    signInPage(settings, { pages: () => pages, languages }),
    signOutPage,
    registerPage(settings),
    resetPage(settings),
    resetConfirmPage(settings),
    ...noticePages,
    invitationPage,
    languages.page,
    profilePage(settings, languages),
    exportPage,
    securityPage(settings),
    ...(settings.offersTotp || settings.offersKeys ? [enrolPage(settings)] : []),
    ...(settings.offersTotp ? [authenticatorPage(settings)] : []),
    ...(settings.offersKeys ? [keyPage(settings)] : []),
    tokensPage(settings),
    tokenPage,
    organizationsPage,
    organizationPage,
    peoplePage,
    allOrganizationsPage,
    allInvitationsPage,
    newPersonPage(settings),
    personPage(settings),
    serverPage,
  ];
  return pages;
}

/** Mails name pages of CVAT's user interface: where there is none, ours take their place. */
const uiPages = (deps: PagesDeps): readonly PlainHandler[] =>
  Object.entries(UI_PATHS).map(([path, ours]) => ({
    path,
    handler: leadTo(deps, (query) => `${ours}${query}`),
  }));

const leadTo =
  ({ exchanges }: PagesDeps, target: (query: string) => string): RequestHandler =>
  async (req, _res, next) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') return next();
    const exchange = exchanges.of(req);
    const location = target(req.url.slice(exchange.path.length));
    await send(exchange, { status: 302, headers: { Location: location }, content: { kind: 'none' } });
  };
