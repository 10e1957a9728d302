import { decodeQR } from 'qr/decode.js';
import { describe, expect, it } from 'vitest';
import { PATHS } from '../../../src/features/pages/paths.js';
import { type TestAccount, type TestApp, useTestApp } from '../../support/app.js';
import { codeAt, factorActions, STEP } from '../../support/factor-actions.js';
import { insertRecoveryCode, insertTotp } from '../../support/factor-rows.js';
import { createVisitor, type ShownPage } from '../../support/visitor.js';

/** Second factors on the pages, without scripts: setting an app up, recovery codes, removal, and administrators. */

const app = useTestApp({ env: { SITE_NAME: 'Lab & Söhne <b>' } });
const withoutApps = useTestApp({ env: { MFA_TOTP: 'false', MFA_WEBAUTHN: 'false' } });
const { stateOf, nextCode, codeOf } = factorActions(app);

type Visitor = ReturnType<typeof createVisitor>;

async function enter(by: Pick<TestAccount, 'username' | 'password'>, where: TestApp = app): Promise<Visitor> {
  const visitor = createVisitor(where);
  const page = await visitor.signIn(by.username, by.password);
  expect(page.address).toBe(PATHS.account);
  return visitor;
}

async function signedIn() {
  const person = await app.register();
  return { person, visitor: await enter(person) };
}

const keyOn = ({ root }: ShownPage): string => root.querySelector('.key')?.text.replaceAll(' ', '') ?? '';
const codesOn = ({ root }: ShownPage): readonly string[] =>
  root.querySelectorAll('#recovery-codes li').map(({ text }) => text);
const wrongOn = ({ root }: ShownPage, field: string) => root.querySelector(`#${field}-code-wrong`)?.text;
const buttonsOn = ({ root }: ShownPage) =>
  root.querySelectorAll('main button[name="do"]').map((button) => button.getAttribute('value'));
const WRONG = 'The code is wrong or too old, or it was used before.';

/** Sets up an app by the pages. @returns the page with the codes */
async function setUp(visitor: Visitor) {
  await visitor.open(PATHS.authenticator);
  const secret = keyOn(await visitor.press('begin'));
  const page = await visitor.press('confirm', { code: codeOf(secret) });
  return { secret, page, codes: codesOn(page) };
}

async function enrolled() {
  const { person, visitor } = await signedIn();
  const { secret, codes } = await setUp(visitor);
  await visitor.open(PATHS.security);
  return { person, visitor, secret, codes };
}

/** Reads the drawing of a page as a camera would. */
function scan({ root }: ShownPage): string {
  const drawing = root.querySelector('svg.qr');
  const size = Number(drawing?.getAttribute('viewBox')?.split(' ')[2]);
  const scale = 4;
  const width = size * scale;
  const data = new Uint8Array(width * width * 4).fill(255);
  for (const [, x, y] of drawing
    ?.querySelector('path')
    ?.getAttribute('d')
    ?.matchAll(/M(\d+),(\d+)h/g) ?? [])
    for (let row = 0; row < scale; row += 1) {
      const start = ((Number(y) * scale + row) * width + Number(x) * scale) * 4;
      data.fill(0, start, start + scale * 4);
    }
  return decodeQR({ width, height: width, data });
}

describe('setting up an authenticator app', () => {
  it('begins on the security page, and makes no key before a button is pressed', async () => {
    const { visitor } = await signedIn();
    const security = await visitor.open(PATHS.security);
    expect(security.words).toContain('You have no second factor.');
    expect(security.root.querySelector(`main a[href="${PATHS.authenticator}"]`)).not.toBeNull();
    const page = await visitor.open(PATHS.authenticator);
    expect([page.status, keyOn(page), buttonsOn(page)]).toEqual([200, '', ['begin']]);
    expect((await visitor.press('begin')).status).toBe(200);
    expect((await stateOf(visitor.browser)).totp.enabled).toBe(false);
  });

  it('shows one key three ways: as a picture, as a link, and in groups of four to type', async () => {
    const { person, visitor } = await signedIn();
    await visitor.open(PATHS.authenticator);
    const page = await visitor.press('begin');
    const link = page.root.querySelector('a[href^="otpauth:"]')?.getAttribute('href') ?? '';
    expect(page.root.querySelector('.key')?.text).toMatch(/^(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
    expect(new URL(link).searchParams.get('secret')).toBe(keyOn(page));
    expect(decodeURIComponent(link)).toContain(`otpauth://totp/Lab & Söhne <b>:${person.username}?`);
    expect(scan(page)).toBe(link);
    expect(page.root.querySelector('svg.qr')?.getAttribute('aria-label')).toBe(
      'QR code with the key for your app',
    );
    expect(page.address).toBe(PATHS.authenticator);
    expect(page.answer.text).not.toMatch(/ style="|<style|<b>/);
  });

  it('keeps the key after a wrong code, and takes the right one then', async () => {
    const { visitor } = await signedIn();
    await visitor.open(PATHS.authenticator);
    const before = await visitor.press('begin');
    const wrong = await visitor.press('confirm', { code: '12345' });
    expect([wrong.status, wrongOn(wrong, 'confirm')]).toEqual([400, WRONG]);
    expect([keyOn(wrong), scan(wrong)]).toEqual([keyOn(before), scan(before)]);
    const field = wrong.root.querySelector('#confirm-code');
    expect([field?.getAttribute('autocomplete'), field?.getAttribute('inputmode')]).toEqual([
      'one-time-code',
      'numeric',
    ]);
    expect(wrongOn(await visitor.press('confirm', { code: '' }), 'confirm')).toBe('Fill in this field.');
    const right = await visitor.press('confirm', { code: codeOf(keyOn(before)) });
    expect([right.status, codesOn(right).length]).toEqual([200, 10]);
  });

  it('ends other sessions, and shows ten recovery codes once', async () => {
    const { person, visitor } = await signedIn();
    const other = await enter(person);
    const { page, codes } = await setUp(visitor);
    expect(page.title).toBe('Your recovery codes');
    expect(page.words).toContain('Your authenticator app is set up.');
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[0-9a-z]{5}(?:-[0-9a-z]{5}){2}$/);
    expect((await other.open(PATHS.account)).address).toContain(PATHS.signIn);
    for (const address of [page.address, PATHS.security]) {
      const { answer, status } = await visitor.open(address);
      expect([status, codes.filter((code) => answer.text.includes(code))]).toEqual([200, []]);
    }
    expect(visitor.page().words).toContain('10 left');
    expect((await visitor.open(PATHS.authenticator)).words).toContain('You have an authenticator app.');
    expect(buttonsOn(visitor.page())).toEqual([]);
  });

  it('gives the codes as a text file', async () => {
    const { person, visitor } = await signedIn();
    const { codes } = await setUp(visitor);
    // Also if the session has ended meanwhile: the codes would be lost.
    visitor.browser.jar.delete('sessionid');
    const { answer } = await visitor.press('download-codes');
    expect(answer.headers['content-disposition']).toBe('attachment; filename="recovery-codes.txt"');
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.text.split('\r\n')).toEqual([
      `Recovery codes of ${person.username} at Lab & Söhne <b>. Each works once.`,
      '',
      ...codes,
      '',
    ]);
  });

  it('begins again with another key, after which the first one counts no more', async () => {
    const { visitor } = await signedIn();
    await visitor.open(PATHS.authenticator);
    const first = keyOn(await visitor.press('begin'));
    await visitor.open(PATHS.authenticator);
    const second = keyOn(await visitor.press('begin'));
    expect(second).not.toBe(first);
    expect((await visitor.press('confirm', { code: codeOf(first) })).status).toBe(400);
    expect(codesOn(await visitor.press('confirm', { code: codeOf(second) }))).toHaveLength(10);
  });

  it('in two windows is done once: the second one says so and shows no key', async () => {
    const { visitor } = await signedIn();
    await visitor.open(PATHS.authenticator);
    const secret = keyOn(await visitor.press('begin'));
    const { to, body } = visitor.fill('confirm', { code: codeOf(secret) });
    const send = () =>
      visitor.open(to, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: String(body),
      });
    expect(codesOn(await send())).toHaveLength(10);
    const again = await send();
    expect([again.status, keyOn(again)]).toEqual([400, '']);
    expect(again.words).toContain('You have an authenticator app.');
  });

  it.each([
    ['an address of another kind', 'javascript:alert(1)?secret=ABCD'],
    ['markup', 'otpauth://totp/x?secret="><img src=x>'],
    ['no secret', 'otpauth://totp/x'],
    ['more than a picture holds', `otpauth://totp/${'x'.repeat(3000)}?secret=ABCD`],
  ])('draws nothing from a form with %s in place of the link', async (_what, link) => {
    const { visitor } = await signedIn();
    await visitor.open(PATHS.authenticator);
    await visitor.press('begin');
    const page = await visitor.press('confirm', { link, code: '1' });
    expect([page.status, page.root.querySelector('svg.qr')]).toEqual([400, null]);
    expect(page.answer.text).not.toMatch(/<img src=x|href="javascript/);
    expect([page.words, buttonsOn(page)]).toEqual([expect.stringContaining('There is a problem'), ['begin']]);
  });

  it('shows the same key again to a person whose session had ended, after they sign in', async () => {
    const { person, visitor } = await signedIn();
    await visitor.open(PATHS.authenticator);
    const secret = keyOn(await visitor.press('begin'));
    visitor.browser.jar.delete('sessionid');
    const asked = await visitor.press('confirm', { code: codeOf(secret) });
    expect(asked.title).toBe('Sign in');
    const again = await visitor.press('sign-in', { username: person.username, password: person.password });
    expect([again.status, keyOn(again)]).toEqual([200, secret]);
    expect(codesOn(await visitor.press('confirm', { code: codeOf(secret) }))).toHaveLength(10);
  });

  it('shows the same key again after the page was open for too long', async () => {
    const { visitor } = await signedIn();
    await visitor.open(PATHS.authenticator);
    const secret = keyOn(await visitor.press('begin'));
    const stale = await visitor.press('confirm', { csrfmiddlewaretoken: 'x'.repeat(64), code: '123456' });
    expect([stale.status, keyOn(stale)]).toEqual([403, secret]);
    expect(stale.words).toContain('This page was open for a long time');
    expect(codesOn(await visitor.press('confirm', { code: codeOf(secret) }))).toHaveLength(10);
  });
});

describe('the card of the second factor', () => {
  it('replaces the recovery codes with a code, and shows the new ones once', async () => {
    const { visitor, secret, codes } = await enrolled();
    const wrong = await visitor.press('renew-codes', { code: codes[0]?.replace(/.$/, 'u') ?? '' });
    expect([wrong.status, wrongOn(wrong, 'renew-codes'), wrongOn(wrong, 'remove-app')]).toEqual([
      400,
      WRONG,
      undefined,
    ]);
    const page = await visitor.press('renew-codes', { code: nextCode(secret) });
    expect([page.status, page.words]).toEqual([
      200,
      expect.stringContaining('Your recovery codes are replaced.'),
    ]);
    expect(codesOn(page)).toHaveLength(10);
    expect(codesOn(page).filter((code) => codes.includes(code))).toEqual([]);
    const { answer } = await visitor.open(PATHS.security);
    for (const code of codesOn(page)) expect(answer.text).not.toContain(code);
    expect((await visitor.press('renew-codes', { code: codes[0] ?? '' })).status).toBe(400);
  });

  it.each(['a code of the app', 'a recovery code'])(
    'removes the app with %s, which leaves this session alone',
    async (kind) => {
      const { visitor, secret, codes } = await enrolled();
      const code = kind === 'a recovery code' ? (codes[3] ?? '').toUpperCase() : nextCode(secret);
      const page = await visitor.press('remove-app', { code });
      expect(page.address).toBe(`${PATHS.security}?done=app-removed`);
      expect(page.words).toContain('Your authenticator app is removed.');
      expect(page.words).toContain('You have no second factor.');
      expect(await stateOf(visitor.browser)).toMatchObject({
        totp: { enabled: false },
        recovery_codes: { remaining: 0 },
      });
    },
  );

  it('warns when few codes are left', async () => {
    const { person, visitor } = await signedIn();
    await insertTotp(app.db, {
      userId: person.id,
      secret: Buffer.from('x'),
      created: new Date(),
      isConfirmed: true,
    });
    const warnings: string[] = [];
    for (const last of ['', '1', '2', '3', '4']) {
      const code = `00000-00000-0000${last}`;
      if (last !== '') await insertRecoveryCode(app.db, { userId: person.id, code, created: new Date() });
      const { root } = await visitor.open(PATHS.security);
      warnings.push(root.querySelector('.card .note.bad')?.text ?? '');
    }
    expect(warnings).toEqual([
      expect.stringContaining('You have no recovery code left.'),
      'You have only one recovery code left: replace them soon.',
      'You have only 2 recovery codes left: replace them soon.',
      'You have only 3 recovery codes left: replace them soon.',
      '',
    ]);
  });

  it('says how long to wait after five wrong codes', async () => {
    const { visitor, secret } = await enrolled();
    for (let count = 0; count < 5; count += 1)
      expect((await visitor.press('remove-app', { code: '12345' })).status).toBe(400);
    const page = await visitor.press('remove-app', { code: nextCode(secret) });
    expect([page.status, page.words]).toEqual([
      429,
      expect.stringMatching(/Too many attempts\. Try again in 1[0-5] minutes\./),
    ]);
    expect((await stateOf(visitor.browser)).totp.enabled).toBe(true);
  });

  it('tells at its top what concerns a form that is not there any more', async () => {
    const { visitor, secret } = await enrolled();
    const { to, body } = visitor.fill('remove-app', { code: nextCode(secret) });
    const send = () =>
      visitor.open(to, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: String(body),
      });
    expect((await send()).status).toBe(200);
    const again = await send();
    expect([again.status, again.root.querySelector('[role=alert]')?.text]).toEqual([
      400,
      'You have no authenticator app.',
    ]);
  });

  it('says what helps when the server can no longer read the key, and logs it', async () => {
    const { person, visitor } = await signedIn();
    const row = { userId: person.id, secret: Buffer.from('x'), created: new Date(), isConfirmed: true };
    await insertTotp(app.db, row);
    await visitor.open(PATHS.security);
    const lines = app.logs.length;
    const page = await visitor.press('remove-app', { code: '123456' });
    expect([page.status, page.words]).toEqual([503, expect.stringContaining('Use a recovery code')]);
    expect(app.logs.slice(lines).join('\n')).toContain('second_factor_unreadable');
  });

  it('is in the language of the page', async () => {
    const person = await app.register();
    const visitor = createVisitor(app, { 'Accept-Language': 'de' });
    await visitor.signIn(person.username, person.password);
    await visitor.open(PATHS.authenticator);
    expect((await visitor.press('begin')).words).toContain('Tippe den Code, den die App zeigt');
    const wrong = await visitor.press('confirm', { code: '12345' });
    expect(wrongOn(wrong, 'confirm')).toBe('Der Code ist falsch oder zu alt, oder er wurde schon benutzt.');
  });
});

describe('the export of an account', () => {
  it('tells of the second factor, and has no secret of it', async () => {
    const { visitor, secret, codes } = await enrolled();
    const { answer } = await visitor.open(PATHS.export);
    expect(answer.json()).toMatchObject({
      factors: { totp: { enabled: true }, recovery_codes: { remaining: 10 }, webauthn: [] },
    });
    for (const hidden of [secret, ...codes]) expect(answer.text).not.toContain(hidden);
  });
});

describe('without MFA_TOTP and MFA_WEBAUTHN', () => {
  it('the pages offer nothing to people without an app', async () => {
    const visitor = await enter(await withoutApps.register(), withoutApps);
    const page = await visitor.open(PATHS.security);
    expect([page.status, page.words]).toEqual([200, expect.not.stringContaining('Second factor')]);
    expect((await visitor.open(PATHS.authenticator)).status).toBe(404);
    const admin = await enter(withoutApps.admin, withoutApps);
    expect((await admin.open(`${PATHS.people}/1`)).words).not.toContain('Second factor');
  });

  it('an app from before is shown to its owner, and an administrator removes it', async () => {
    const person = await withoutApps.register();
    const visitor = await enter(person, withoutApps);
    await insertTotp(withoutApps.db, {
      userId: person.id,
      secret: Buffer.from('x'),
      created: new Date(),
      isConfirmed: true,
    });
    const page = await visitor.open(PATHS.security);
    expect(page.words).toContain('This server offers no second factors any more.');
    expect(buttonsOn(page)).not.toContain('remove-app');
    const forged = new URLSearchParams({
      do: 'remove-app',
      csrfmiddlewaretoken: visitor.browser.jar.get('csrftoken') ?? '',
    });
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const refused = await visitor.open(PATHS.security, { method: 'POST', headers, body: String(forged) });
    expect(refused.status).toBe(404);
    const admin = await enter(withoutApps.admin, withoutApps);
    await admin.open(`${PATHS.people}/${person.id}`);
    expect((await admin.press('remove-factors')).words).toContain('The second factors are removed.');
  });
});

describe('an administrator', () => {
  it('removes all second factors of a person, after reading what ends', async () => {
    const { person, visitor, secret, codes } = await enrolled();
    const admin = await enter(app.admin);
    const before = await admin.open(`${PATHS.people}/${person.id}`);
    expect(before.words).toContain('10 left');
    expect(before.words).toContain('All sessions and the API token of the account end');
    for (const hidden of [secret, ...codes]) expect(before.answer.text).not.toContain(hidden);
    const page = await admin.press('remove-factors');
    expect(page.words).toContain('The second factors are removed.');
    expect(page.words).toContain('This account has no second factor.');
    expect(buttonsOn(page)).not.toContain('remove-factors');
    expect((await visitor.open(PATHS.security)).address).toContain(PATHS.signIn);
    expect((await visitor.signIn(person.username, person.password)).address).toBe(PATHS.account);
    expect((await stateOf(visitor.browser)).totp.enabled).toBe(false);
  });

  it('removes their own with a code on the security page, not as an administrator', async () => {
    const admin = await enter(app.admin);
    const { secret } = await setUp(admin);
    const { id } = (await admin.browser.send('/api/users/self')).json() as { id: number };
    const page = await admin.open(`${PATHS.people}/${id}`);
    expect(page.words).toContain('You remove your own second factors');
    expect(buttonsOn(page)).not.toContain('remove-factors');
    expect(page.root.querySelector(`main a[href="${PATHS.security}"]`)).not.toBeNull();
    const forged = new URLSearchParams(admin.fill('end-sessions').body);
    forged.set('do', 'remove-factors');
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const refused = await admin.open(page.address, { method: 'POST', headers, body: String(forged) });
    expect([refused.status, refused.words]).toEqual([403, expect.stringContaining('You may not do this.')]);
    await admin.open(PATHS.security);
    app.clock.advance(STEP);
    expect((await admin.press('remove-app', { code: codeAt(secret, app.clock.now()) })).words).toContain(
      'You have no second factor.',
    );
  });
});
