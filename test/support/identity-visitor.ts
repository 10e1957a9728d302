import { type HTMLElement, parse } from 'node-html-parser';
import type { Person } from './identity-pages.js';

/** Somebody who walks through the pages of the identity provider of tests, without a browser. */

/** Cookies of one browser, by their names. */
export type Jar = Map<string, string>;

/**
 * Follows redirects and answers pages until an address elsewhere comes.
 *
 * @param start address at the provider
 * @param person who signs in, if the provider asks
 * @returns that address, or the address of a page of the provider that asks for nothing.
 * @throws Error with what the page says if it is one of an error
 */
export async function walkThrough(start: string, jar: Jar, person?: Person): Promise<string> {
  const { origin } = new URL(start);
  let at = start;
  let body: URLSearchParams | undefined;
  for (let step = 0; step < 20; step += 1) {
    const response = await request(at, jar, body);
    const location = response.headers.get('location');
    if (location !== null) {
      await response.body?.cancel();
      at = new URL(location, at).href;
      if (new URL(at).origin !== origin) return at;
      body = undefined;
      continue;
    }
    const root = parse(await response.text());
    if (response.status >= 400)
      throw new Error(`${response.status}: ${root.structuredText.replace(/\s+/g, ' ')}`);
    const form = root.querySelector('form');
    if (form === null) return at;
    body = new URLSearchParams([...hiddenFields(form), ...answersTo(form, person)]);
    at = new URL(form.getAttribute('action') ?? at, at).href;
  }
  throw new Error(`No end of pages and redirects at ${at}.`);
}

async function request(address: string, jar: Jar, body: URLSearchParams | undefined): Promise<Response> {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const response = await fetch(address, {
    redirect: 'manual',
    headers: cookie === '' ? {} : { Cookie: cookie },
    ...(body === undefined ? {} : { method: 'POST', body }),
  });
  for (const line of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = line.match(/^([^=]+)=([^;]*)/) ?? [];
    if (value === '') jar.delete(name);
    else jar.set(name, value);
  }
  return response;
}

const hiddenFields = (form: HTMLElement): [string, string][] =>
  form
    .querySelectorAll('input[type="hidden"]')
    .map((field) => [field.getAttribute('name') ?? '', field.getAttribute('value') ?? '']);

function answersTo(form: HTMLElement, person: Person | undefined): [string, string][] {
  if (form.getAttribute('id') === 'op.logoutForm') return [['logout', 'yes']];
  if (form.querySelector('[name="username"]') === null)
    return form.querySelector('[name="decision"]') === null ? [] : [['decision', 'allow']];
  if (person === undefined) throw new Error('The provider asks who it is.');
  return [
    ['username', person.preferredUsername],
    ['password', person.password],
  ];
}
