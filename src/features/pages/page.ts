import type { ComponentChildren } from 'preact';
import type { Language } from '../../platform/html/language.js';
import type { Texts } from '../../platform/html/texts/index.js';
import type { Exchange } from '../../platform/http/exchange.js';
import type { FormProblems } from './problems.js';
import type { CallRoute } from './route-client.js';

/** One request for a page, with what its page may use. */
export interface Visit {
  readonly exchange: Exchange;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The fields of the form that was sent; none for a page that is only shown. */
  readonly form: URLSearchParams;
  /** Where the forms are sent, for a page that is shown at the address of another one. */
  readonly formsTo?: string;
  readonly language: Language;
  readonly texts: Texts;
  /** Calls a route of the API as the person in front of the page. */
  readonly call: CallRoute;
  /** The token for the forms of the page, the same one for all. */
  readonly csrfToken: () => string;
}

/** A form that was sent and did not do what it should: what was typed, and what is wrong with it. */
export interface Draft {
  /** The button that sent it. */
  readonly action: string;
  readonly fields: URLSearchParams;
  readonly problems: FormProblems;
}

/** What a page shows. */
export interface View {
  readonly kind: 'view';
  readonly status?: number;
  readonly title: string;
  readonly main: ComponentChildren;
  /** Leads on at once. Not a redirect, because the policy for forms would also apply to the pages of another site. */
  readonly forward?: string;
  /** The page has a form for a passkey or security key. */
  readonly usesKeys?: true;
  /** The person, on the pages of an account; without it, the page is a narrow one for one question. */
  readonly person?: Person;
  /** What went wrong, if the page tells of it itself: it still belongs into the log. */
  readonly failure?: unknown;
}

/** The parts of `GET /api/users/self` that every page of an account shows. */
export interface Person {
  readonly id: number;
  readonly username: string;
  readonly isSuperuser: boolean;
}

export type PageAnswer =
  | View
  | { readonly kind: 'redirect'; readonly to: string }
  | {
      readonly kind: 'file';
      readonly name: string;
      /** JSON if it is left out. */
      readonly type?: 'text/plain; charset=utf-8';
      readonly content: string;
    };

/**
 * A page: how it is shown, and what its forms do. A button sends its name in the field `do`. What an action refuses is
 * shown in its form, beside what the person typed.
 */
export interface Page {
  readonly path: `/${string}`;
  readonly show: (visit: Visit, draft?: Draft) => Promise<PageAnswer>;
  readonly actions?: Readonly<Record<string, (visit: Visit) => Promise<PageAnswer>>>;
}

export const redirect = (to: string): PageAnswer => ({ kind: 'redirect', to });

/** The field that names the button of a form. */
export const ACTION_FIELD = 'do';

/** @returns the value of a field, trimmed of nothing; empty if the form has none */
export const field = (form: URLSearchParams, name: string): string => form.get(name) ?? '';

/** @returns fields of a form as the body of a request: those that are empty are left out */
export const filled = (form: URLSearchParams, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, field(form, name)]).filter(([, value]) => value !== ''));
