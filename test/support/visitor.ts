import { type HTMLElement, parse } from 'node-html-parser';
import type { TestApp } from './app.js';
import type { Answer, RequestOptions } from './http.js';

/** A page as a person without scripts has it. */
export interface ShownPage {
  readonly answer: Answer;
  readonly status: number;
  /** Where the browser is now: the path with its query. */
  readonly address: string;
  readonly title: string;
  /** What can be read, with single spaces. */
  readonly words: string;
  readonly root: HTMLElement;
}

/** A person with a browser without scripts, who follows redirects of this server and presses buttons of forms. */
export function createVisitor(app: Pick<TestApp, 'browser'>, headers: Readonly<Record<string, string>> = {}) {
  const browser = app.browser();
  let shown: ShownPage | undefined;

  const open = async (address: string, options: RequestOptions = {}): Promise<ShownPage> => {
    const answer = await browser.send(address, { ...options, headers: { ...headers, ...options.headers } });
    const { location } = answer.headers;
    if (answer.status >= 300 && answer.status < 400 && location?.startsWith('/')) return open(location);
    const root = parse(answer.text);
    const words = root.querySelector('body')?.structuredText ?? '';
    const title = root.querySelector('h1')?.text ?? '';
    shown = { answer, status: answer.status, address, title, words: words.replace(/\s+/g, ' '), root };
    return shown;
  };

  const here = (): ShownPage => {
    if (shown === undefined) throw new Error('No page is open.');
    return shown;
  };

  /** @param near text of the row that the button belongs to, if there are several buttons with its value */
  const findButton = (value: string, near?: string): HTMLElement => {
    const buttons = here().root.querySelectorAll(`button[value="${value}"]`);
    const found = buttons.filter(
      (button) => near === undefined || (button.closest('li')?.text.includes(near) ?? false),
    );
    const [button, ...others] = found;
    if (button === undefined || others.length > 0)
      throw new Error(`There are ${found.length} buttons ${value} in: ${here().words}`);
    return button;
  };

  return {
    browser,
    page: here,
    open,
    /** @returns the form of a button, filled in as a browser would send it */
    fill: (value: string, fields: Readonly<Record<string, string>> = {}, near?: string) => {
      const button = findButton(value, near);
      const form = button.closest('form');
      if (form === null) throw new Error(`The button ${value} has no form.`);
      const sent = new URLSearchParams(contentOf(form));
      for (const [name, text] of Object.entries(fields)) {
        if (!sent.has(name) && form.querySelector(`[name="${name}"]`) === null)
          throw new Error(`The form of ${value} has no field ${name}.`);
        sent.set(name, text);
      }
      const name = button.getAttribute('name');
      if (name !== undefined) sent.set(name, value);
      // What is behind # stays in the browser: it says where on the page to look.
      const [to = ''] = (form.getAttribute('action') ?? here().address).split('#');
      return { to, body: sent };
    },
    /** Fills in the form of a button and presses it. */
    async press(
      value: string,
      fields: Readonly<Record<string, string>> = {},
      { near, headers: more = {} }: { readonly near?: string; readonly headers?: object } = {},
    ): Promise<ShownPage> {
      const { to, body } = this.fill(value, fields, near);
      return open(to, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...more },
        body: String(body),
      });
    },
    /** Signs in by the page. */
    async signIn(username: string, password: string, query = ''): Promise<ShownPage> {
      await open(`/account/sign-in${query}`);
      return this.press('sign-in', { username, password });
    },
  };
}

/** What a form sends before anybody types: its values, and what is checked or chosen. */
function contentOf(form: HTMLElement): [string, string][] {
  const plain = form
    .querySelectorAll('input, textarea')
    .filter((field) => field.getAttribute('type') !== 'checkbox' || field.hasAttribute('checked'))
    .map((field): [string, string] => [field.getAttribute('name') ?? '', typedIn(field)]);
  const chosen = form.querySelectorAll('select').map((field): [string, string] => {
    const option = field.querySelector('option[selected]') ?? field.querySelector('option');
    return [field.getAttribute('name') ?? '', option?.getAttribute('value') ?? ''];
  });
  return [...plain, ...chosen];
}

const typedIn = (field: HTMLElement): string =>
  field.tagName === 'TEXTAREA' ? field.text : (field.getAttribute('value') ?? '');
