import type { VNode } from 'preact';
import { CSRF_FIELD } from '../../authentication/csrf.js';
import type { Texts } from '../../platform/html/texts/index.js';
import type { LinkState } from './email-confirmation.js';

/** What a link is for. */
export type LinkPurpose = 'confirm' | 'change';

/** The content of a page, for the shell around it. */
export interface FormView {
  readonly status: number;
  readonly title: string;
  readonly main: VNode;
}

interface FormState {
  readonly state: LinkState;
  /** Proves that the form comes from this page. */
  readonly token: string;
  /** The address of the page to go on to. */
  readonly done: string;
}

/** The page of a mailed link with `ACCOUNT_CONFIRM_EMAIL_ON_GET=false`: it changes something only after a click. */
export function confirmationForm(
  { links }: Texts,
  purpose: LinkPurpose,
  { state, token, done }: FormState,
): FormView {
  switch (state) {
    case 'open': {
      const { title, question, action } = links[purpose];
      return {
        status: 200,
        title,
        main: (
          <>
            <p>{question}</p>
            <Button label={action} token={token} />
          </>
        ),
      };
    }
    case 'done':
      return {
        status: 200,
        title: links.doneTitle,
        main: (
          <>
            <p>{links.done}</p>
            <a href={done}>{links.goOn}</a>
          </>
        ),
      };
    case 'expired':
      return {
        status: 200,
        title: links.expiredTitle,
        main: (
          <>
            <p>{links.expired}</p>
            <Button label={links.renew} token={token} />
          </>
        ),
      };
    case 'wrong':
      return { status: 200, title: links.wrongTitle, main: <p>{links.wrong}</p> };
  }
}

/** Sends the form to the address of the page itself. */
const Button = ({ label, token }: { readonly label: string; readonly token: string }): VNode => (
  <form method="post">
    <input type="hidden" name={CSRF_FIELD} value={token} />
    <button type="submit" class="full">
      {label}
    </button>
  </form>
);
