import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import {
  enter,
  makeOrganizations,
  OPEN_PAGES,
  OWN_PAGES,
  overflowOf,
  SUPERUSER_PAGES,
} from './account-pages.js';
import { hasBrowser, startBrowser } from './browser.js';

/** Every page for people who have no mouse, who enlarge it, or whom moving things make ill. */

/** A window of 1280 pixels at 200 %. */
const ENLARGED = { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 };
const MORE_PAGES = ['/account/tokens/1'];

/** Every form on these pages, by its button. */
const FORMS = [
  'accept',
  'api-token',
  'begin',
  'change-role',
  'choose',
  'create',
  'deactivate',
  'decline',
  'decline-offer',
  'delete',
  'email',
  'end',
  'end-others',
  'end-sessions',
  'factor-required',
  'invite',
  'language',
  'leave',
  'make-link',
  'names',
  'offer',
  'password',
  'register',
  'remove',
  'resend',
  'reset',
  'revoke',
  'revoke-api-token',
  'revoke-token',
  'rotate-token',
  'save',
  'search',
  'set-password',
  'sign-in',
  'sign-out',
  'take-over',
  'withdraw',
  'withdraw-offer',
];

let app: TestApp;
let browser: Browser;
let person: TestAccount;

const open = (options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> =>
  browser.newContext({ locale: 'en-US', baseURL: app.url, ...options });

/** Opens each page as somebody who sees it. */
async function onEveryPage(
  options: Parameters<Browser['newContext']>[0],
  look: (page: Page, address: string) => Promise<void>,
): Promise<void> {
  for (const [by, addresses] of [
    [null, OPEN_PAGES],
    [person, [...OWN_PAGES, ...MORE_PAGES]],
    [app.admin, SUPERUSER_PAGES],
  ] as const) {
    const context = await open(options);
    const page = await context.newPage();
    if (by !== null) await enter(page, by);
    for (const address of addresses) {
      await page.goto(address);
      await look(page, address);
    }
    await context.close();
  }
}

/** Numbers what a person can use, in the order of the text. @returns how much there is */
const NUMBER_CONTROLS = `(() => {
  const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea')];
  const usable = all.filter((one) => !one.disabled && one.checkVisibility());
  usable.forEach((one, index) => { one.dataset.at = String(index); });
  return usable.length;
})()`;

interface Focus {
  readonly at: number;
  readonly kind: string;
  readonly value: string;
  readonly isChecked: boolean;
  readonly isFixed: boolean;
  readonly isMarked: boolean;
  readonly words: string;
}

const FOCUS = `(() => {
  const one = document.activeElement;
  const { outlineStyle, boxShadow } = getComputedStyle(one);
  return {
    at: Number(one.dataset.at ?? -1),
    kind: one.tagName === 'INPUT' || one.tagName === 'BUTTON' ? one.type : one.tagName.toLowerCase(),
    value: String(one.value ?? ''),
    isChecked: one.checked === true,
    isFixed: one.readOnly === true || (one.tagName === 'SELECT' && one.options.length < 2),
    isMarked: outlineStyle !== 'none' || boxShadow !== 'none',
    words: one.outerHTML.slice(0, 160),
  };
})()`;

/** What the focused control does at the press of a key; a form that was sent can be sent again. */
async function use(page: Page, before: Focus, sent: readonly string[]): Promise<string | undefined> {
  const now = () => page.evaluate<Focus>(FOCUS);
  if (before.isFixed) return undefined;
  switch (before.kind) {
    case 'a':
    case 'date':
    // It is part of another check: it copies, and sends nothing.
    case 'button':
      return undefined;
    case 'submit': {
      const count = sent.length;
      await page.keyboard.press('Enter');
      await expect.poll(() => sent.length).toBe(count + 1);
      await page.evaluate('for (const form of document.forms) delete form.dataset.sent');
      return undefined;
    }
    case 'checkbox':
    case 'radio': {
      await page.keyboard.press('Space');
      const { isChecked } = await now();
      return isChecked === before.isChecked ? 'Space does not check it' : undefined;
    }
    case 'select': {
      await page.keyboard.press('ArrowDown');
      if ((await now()).value !== before.value) return undefined;
      await page.keyboard.press('ArrowUp');
      return (await now()).value === before.value ? 'arrows choose nothing' : undefined;
    }
    default: {
      await page.keyboard.press('End');
      await page.keyboard.type('1');
      return (await now()).value === before.value ? 'typing writes nothing' : undefined;
    }
  }
}

/** @returns what is wrong for a person who has only a keyboard */
async function tabThrough(page: Page, sent: readonly string[]): Promise<readonly string[]> {
  const count = await page.evaluate<number>(NUMBER_CONTROLS);
  const problems: string[] = [];
  const reached: number[] = [];
  // A date has a stop for each of its parts.
  for (let steps = 0; steps < 5 * count && reached.length < count; steps += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate<Focus>(FOCUS);
    if (focus.at < 0 || reached.at(-1) === focus.at) continue;
    if (focus.at !== reached.length) problems.push(`out of order: ${focus.words}`);
    if (!focus.isMarked) problems.push(`nothing shows the focus: ${focus.words}`);
    reached.push(focus.at);
    const problem = await use(page, focus, sent);
    if (problem !== undefined) problems.push(`${problem}: ${focus.words}`);
  }
  return reached.length === count ? problems : [...problems, `Tab reaches ${reached.length} of ${count}`];
}

/**
 * Texts that their own element hides, and elements that stick out of the window. Those for screen readers are neither,
 * and descriptions in lists are short on purpose: their pages show them whole.
 */
const CUT_OFF = `[...document.querySelectorAll('body *')].flatMap((one) => {
  const { overflowX, overflowY, position } = getComputedStyle(one);
  const { left, right, width, height } = one.getBoundingClientRect();
  if (width <= 1 || height <= 1 || !one.checkVisibility() || one.matches('.skip, .brief')) return [];
  const hides = (overflow) => overflow === 'hidden' || overflow === 'clip';
  const isCut =
    (hides(overflowX) && one.scrollWidth > one.clientWidth + 1) ||
    (hides(overflowY) && one.scrollHeight > one.clientHeight + 1);
  const isOutside = left < -1 || right > innerWidth + 1;
  return isCut || isOutside ? [one.outerHTML.slice(0, 160)] : [];
})`;

/** @returns the longest movement of any element of a page, in seconds */
const longestMovement = (page: Page): Promise<number> =>
  page.evaluate<number>(`Math.max(...[...document.querySelectorAll('*')].flatMap((one) =>
    [undefined, '::before', '::after'].flatMap((part) => {
      const { transitionDuration, animationDuration } = getComputedStyle(one, part);
      return [transitionDuration, animationDuration].flatMap((text) => text.split(',')).map(parseFloat);
    })))`);

describe.skipIf(!hasBrowser())('every page for people', () => {
  beforeAll(async () => {
    [app, browser] = await Promise.all([
      createTestApp({ env: { ORG_INVITATION_CONFIRM: 'true', EMAIL_BACKEND: 'console' } }),
      startBrowser(),
    ]);
    person = await app.register('maria');
    await app.send('/api/auth/access_tokens', {
      method: 'POST',
      headers: person.authorization,
      body: { name: 'nightly backup', expiry_date: '2031-01-01T00:00:00Z' },
    });
    await makeOrganizations(app, person, await app.register('jonas-with-a-very-long-user-name'));
  });
  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  it('can be used by keyboard alone: Tab reaches all in order, each field takes keys, Enter sends each form', async () => {
    const forms = new Set<string>();
    await onEveryPage({}, async (page, address) => {
      const sent: string[] = [];
      // What a form sends is looked at, and changes nothing.
      await page.route('**/*', async (route) => {
        if (!route.request().isNavigationRequest()) return route.continue();
        sent.push(route.request().postData() ?? route.request().url());
        return route.fulfill({ status: 204 });
      });
      expect([address, await tabThrough(page, sent)]).toEqual([address, []]);
      for (const body of sent) forms.add(new URLSearchParams(body).get('do') ?? 'search');
      await page.unroute('**/*');
    });
    expect([...forms].sort()).toEqual(FORMS);
  }, 240_000);

  it('fits at 200 %: nothing is cut off, and nobody scrolls sideways', async () => {
    await onEveryPage(ENLARGED, async (page, address) => {
      expect([address, await overflowOf(page)]).toEqual([address, 0]);
      expect([address, await page.evaluate(CUT_OFF)]).toEqual([address, []]);
    });
  }, 120_000);

  it('moves nothing for people who ask for less motion', async () => {
    await onEveryPage({ reducedMotion: 'reduce' }, async (page, address) => {
      expect([address, (await longestMovement(page)) <= 0.01]).toEqual([address, true]);
    });
    const context = await open({ reducedMotion: 'no-preference' });
    const page = await context.newPage();
    await page.goto('/account/sign-in');
    expect(await longestMovement(page)).toBeGreaterThan(0.01);
    await context.close();
  }, 120_000);
});
