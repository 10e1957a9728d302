import { CSRF_FIELD } from '../../authentication/csrf.js';
import { htmlPage } from '../../platform/http/html-page.js';
import type { Outgoing } from '../../platform/http/send.js';
import { type Html, html } from '../../platform/values/html.js';
import type { LinkState } from './email-confirmation.js';

/** The words of a link that waits for a click. */
export interface FormTexts {
  readonly title: string;
  readonly question: string;
  readonly action: string;
}

interface FormState {
  readonly state: LinkState;
  /** Proves that the form comes from this page. */
  readonly token: string;
  /** The address of the page to go on to. */
  readonly done: string;
}

/** The page of a mailed link with `ACCOUNT_CONFIRM_EMAIL_ON_GET=false`: it changes something only after a click. */
export function confirmationForm(texts: FormTexts, { state, token, done }: FormState): Outgoing {
  switch (state) {
    case 'open':
      return htmlPage({
        status: 200,
        title: texts.title,
        main: html`<p>${texts.question}</p>${button(texts.action, token)}`,
      });
    case 'done':
      return htmlPage({
        status: 200,
        title: 'This is done',
        main: html`<p>Your address is confirmed. You can close this page, or <a href="${done}">go on</a>.</p>`,
      });
    case 'expired':
      return htmlPage({
        status: 200,
        title: 'This link has expired',
        main: html`<p>A link works for three days. You can get a new one by mail.</p>${button('Send a new link', token)}`,
      });
    case 'wrong':
      return htmlPage({
        status: 200,
        title: 'This link does not work',
        main: html`<p>Perhaps a part of it is missing: copy the whole link from the mail. If it still does not work, ask for a new mail.</p>`,
      });
  }
}

/** Sends the form to the address of the page itself. */
const button = (label: string, token: string): Html =>
  html`<form method="post"><input type="hidden" name="${CSRF_FIELD}" value="${token}"><button>${label}</button></form>`;
