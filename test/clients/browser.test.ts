import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import { hasBrowser, startBrowser, watchedPage } from './browser.js';

describe.skipIf(!hasBrowser())('the pages in Chromium', () => {
  let app: TestApp;
  let browser: Browser;
  let context: BrowserContext;
  let maria: TestAccount;

  beforeAll(async () => {
    [app, browser] = await Promise.all([createTestApp(), startBrowser()]);
    maria = await app.register('maria');
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });
  beforeEach(async () => {
    context = await browser.newContext();
  });
  afterEach(() => context.close());

  it.each([
    ['/', 'The identity and access API of CVAT.'],
    ['/api/docs', 'auth_create_login'],
    ['/api/docs/', 'auth_create_login'],
    ['/api/redoc', 'auth_create_login'],
    ['/api/redoc/', 'auth_create_login'],
  ])(
    '%s shows itself without a violation of its policy and without anything from elsewhere',
    async (path, _text) => {
      const { page, troubles } = await watchedPage(context, app.url);
      await page.addInitScript(() => document.addEventListener('securitypolicyviolation', (e) => console.warn('VIOLATION', e.sample, e.sourceFile, e.lineNumber, e.columnNumber, e.effectiveDirective)));
    await page.goto(app.url + path, { waitUntil: 'networkidle' });
      console.log(path, troubles, (await page.textContent('body'))?.trim().slice(0, 20));
      },
  );
});
