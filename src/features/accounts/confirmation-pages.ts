import type { RequestHandler } from 'express';
import { requireCsrf } from '../../authentication/csrf.js';
import type { IdentityStore } from '../../authentication/identity.js';
import type { Sessions } from '../../authentication/sessions/sessions.js';
import { PermissionDenied } from '../../kernel/errors.js';
import type { SecurityEventName } from '../../kernel/security-events.js';
import { TEXTS } from '../../platform/html/texts/index.js';
import type { Exchange, Exchanges } from '../../platform/http/exchange.js';
import { CSRF_FAILED_PAGE, NOT_FOUND_PAGE } from '../../platform/http/pages.js';
import { pageLanguage } from '../../platform/http/request-language.js';
import { type Outgoing, send } from '../../platform/http/send.js';
import { confirmationForm, type FormView, type LinkPurpose } from './confirmation-form.js';
import type { EmailChangeFlow } from './email-change.js';
import type { Confirmation, EmailConfirmation, LinkState } from './email-confirmation.js';

export interface ConfirmationPageDeps {
  readonly exchanges: Exchanges;
  readonly confirmation: EmailConfirmation;
  readonly emailChange: EmailChangeFlow;
  readonly sessions: Sessions;
  readonly identities: IdentityStore;
  readonly csrfTrustedOrigins: readonly string[];
  /** @returns the answer that shows a form with everything around it */
  readonly showForm: ShowForm;
  /** Where a browser is redirected afterwards; from the settings, never from the request. */
  readonly redirects: Redirects;
  /** `ACCOUNT_CONFIRM_EMAIL_ON_GET`: opening a link is enough. Otherwise a page asks for a click. */
  readonly confirmsOnGet: boolean;
}

/** The frame of pages for people. */
export type ShowForm = (view: FormView, exchange: Exchange) => Outgoing;

export interface Redirects {
  readonly done: string;
  readonly loggedIn: string;
  readonly refused: string;
  /** After a new link was mailed. */
  readonly sent: string;
}

interface Link {
  /** Changes nothing. */
  readonly look: (key: string) => Promise<LinkState>;
  /** Mails a new link to the address of an expired one. */
  readonly renew?: (key: string, client: string) => Promise<void>;
  readonly purpose: LinkPurpose;
  readonly confirm: (key: string) => Promise<Confirmation>;
  readonly isKey: (key: string) => boolean;
  readonly event: SecurityEventName;
}

const HTML = 'text/html; charset=utf-8';

/**
 * `GET|HEAD|POST /api/auth/account-confirm-email/{key}/` like allauth with `ACCOUNT_CONFIRM_EMAIL_ON_GET`, and our own
 * link for a changed address, which behaves the same.
 */
export function createConfirmationPages(deps: ConfirmationPageDeps) {
  const { exchanges, confirmation, emailChange } = deps;

  const page =
    (link: Link): RequestHandler =>
    async (req) => {
      const exchange = exchanges.of(req);
      const key = typeof req.params['key'] === 'string' ? req.params['key'] : '';
      await send(exchange, await answer(exchange, link, key));
    };

  const answer = async (exchange: Exchange, link: Link, key: string): Promise<Outgoing> => {
    const { method } = exchange.req;
    if (!KEY.test(key)) return html(404, NOT_FOUND_PAGE);
    if (!(await passesCsrf(exchange))) return html(403, CSRF_FAILED_PAGE);
    if (method === 'OPTIONS') return bare(200);
    if (!['GET', 'HEAD', 'POST'].includes(method)) return bare(405);
    if (method !== 'POST' && !deps.confirmsOnGet) return form(exchange, link, key);
    if (method === 'POST' && !link.isKey(key)) return renew(exchange, link, key);
    const outcome = await link.confirm(key);
    if (outcome.kind === 'refused') return redirect(deps.redirects.refused);
    if (outcome.kind === 'already') return redirect(deps.redirects.done);
    exchange.report(link.event, { account: outcome.userId, way: 'link' });
    return redirect(await afterwards(exchange, outcome.userId));
  };

  /** A scanner of mails opens every link, so that opening this page changes nothing. */
  const form = async (exchange: Exchange, link: Link, key: string): Promise<Outgoing> => {
    const state = await link.look(key);
    exchange.sessionSeen = true;
    const texts = TEXTS[pageLanguage(exchange)];
    const view = confirmationForm(texts, link.purpose, {
      state: state === 'expired' && link.renew === undefined ? 'wrong' : state,
      token: deps.sessions.csrfTokenFor(exchange),
      done: deps.redirects.done,
    });
    return deps.showForm(view, exchange);
  };

  const renew = async (exchange: Exchange, { look, renew: mail }: Link, key: string): Promise<Outgoing> => {
    if (deps.confirmsOnGet || mail === undefined || (await look(key)) !== 'expired')
      return html(404, NOT_FOUND_PAGE);
    await mail(key, exchange.client.address);
    return redirect(deps.redirects.sent);
  };

  const passesCsrf = async (exchange: Exchange): Promise<boolean> => {
    try {
      await requireCsrf(exchange, deps.csrfTrustedOrigins, { isPage: true });
      return true;
    } catch (error) {
      if (error instanceof PermissionDenied) return false;
      throw error;
    }
  };

  /** Another user's live session is ended: the person who opened the link now uses this browser. */
  const afterwards = async (exchange: Exchange, userId: number): Promise<string> => {
    const session = await deps.sessions.open(exchange);
    const identity = session && (await deps.identities.byId(session.userId, { kind: 'absent' }));
    if (session === undefined || identity === undefined || !identity.account.isActive)
      return deps.redirects.done;
    if (!(await deps.sessions.confirm(exchange, session, identity))) return deps.redirects.done;
    if (session.userId === userId) return deps.redirects.loggedIn;
    await deps.sessions.logout(exchange);
    return deps.redirects.done;
  };

  return {
    confirmEmail: page({
      look: confirmation.look,
      renew: confirmation.renew,
      purpose: 'confirm',
      confirm: confirmation.confirm,
      isKey: confirmation.isKey,
      event: 'email.confirmed',
    }),
    confirmEmailChange: page({
      look: emailChange.look,
      purpose: 'change',
      confirm: emailChange.confirmChange,
      isKey: emailChange.isChangeKey,
      event: 'email.changed',
    }),
  };
}

/** Django's route: other keys match no page. */
const KEY = /^[-:\w]+$/;

const bare = (status: number): Outgoing => ({
  status,
  headers: { Allow: 'GET, POST, HEAD, OPTIONS' },
  content: { kind: 'raw', type: HTML, raw: '' },
});

const html = (status: number, text: string): Outgoing => ({
  status,
  content: { kind: 'raw', type: HTML, raw: text },
});

const redirect = (location: string): Outgoing => ({
  status: 302,
  headers: { Location: location },
  content: { kind: 'raw', type: HTML, raw: '' },
});
