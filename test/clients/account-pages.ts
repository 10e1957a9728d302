import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { TestAccount, TestApp } from '../support/app.js';

/** The pages for people that tests in a browser open, and what is on them. */

export const OPEN_PAGES = [
  '/',
  '/account/sign-in',
  '/account/sign-in?next=/account',
  '/account/register',
  '/account/register/waiting',
  '/account/verification-sent',
  '/account/confirmed',
  '/account/link-wrong',
  '/account/reset',
  '/account/reset?done=sent',
  '/account/reset/confirm?uid=1&token=x',
  '/account/invitation?invitation=x&email=a%40b.example',
  '/account/sign-in?done=signed-out',
];
export const OWN_PAGES = [
  '/account',
  '/account?done=names',
  '/account/security',
  '/account/security/authenticator',
  '/account/security/key',
  '/account/tokens',
  '/account/organizations',
  '/account/organizations/lab',
  '/account/organizations/lab?search=a&done=saved',
  '/account/organizations/other',
  '/account/sign-out',
  '/account/invitation?invitation=x',
];
export const SUPERUSER_PAGES = [
  '/account/admin/people',
  '/account/admin/people?search=nobody',
  '/account/admin/people/new',
  '/account/admin/people/1?done=saved',
  '/account/admin/organizations',
  '/account/admin/invitations',
  '/account/admin/server',
];

/** Two organizations that are offered to their other member; people who are invited to each, and to a third one. */
export async function makeOrganizations(
  app: TestApp,
  owner: TestAccount,
  member: TestAccount,
): Promise<void> {
  const post = async (by: TestAccount, path: string, body: object = {}) => {
    const answer = await app.send(path, { method: 'POST', headers: by.authorization, body });
    expect([path, answer.status < 300]).toEqual([path, true]);
    return answer.json() as { id: number; key: string };
  };
  for (const [slug, one, two] of [
    ['lab', owner, member],
    ['other', member, owner],
  ] as const) {
    const { id } = await post(one, '/api/organizations', { slug, description: 'words '.repeat(60) });
    const invite = (email: string) =>
      post(one, `/api/invitations?org=${slug}`, { email, role: 'maintainer' });
    const { key } = await invite(two.email);
    await post(two, `/api/invitations/${key}/accept`);
    await invite('a-newcomer-with-a-long-address@department.example.org');
    await post(one, `/api/organizations/${id}/transfer`, { user: two.id });
  }
  await post(member, '/api/organizations', { slug: 'third' });
  await post(member, '/api/invitations?org=third', { email: owner.email, role: 'worker' });
}

/** Signs in, in any language. */
export async function enter(page: Page, { username, password }: Pick<TestAccount, 'username' | 'password'>) {
  await page.goto('/account/sign-in');
  await page.locator('[name=username]').fill(username);
  await page.locator('[name=password]').fill(password);
  await page.locator('button[value=sign-in]').click();
  await page.locator('nav').first().waitFor();
}

/** @returns by how many pixels a page is wider than its window */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

/** The smallest window in which pages have to fit (WCAG 2.2, 1.4.10). */
export const NARROW = { width: 320, height: 640 };
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** @returns what a program that checks accessibility finds in a page, with the elements */
export const violationsOf = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(
    `axe.run({ runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`,
  );
};
