import { describe, expect, it } from 'vitest';
import { PATHS } from '../../../src/features/pages/paths.js';
import { useTestApp } from '../../support/app.js';
import { type Enrolled, factorActions } from '../../support/factor-actions.js';
import { createVisitor } from '../../support/visitor.js';

/** Signing in by the page to an account with an authenticator app, and proving it again. */

const MINUTE = 60_000;
const app = useTestApp();
const { enrol, nextCode } = factorActions(app);

const begin = async ({ account }: Enrolled, query = '') => {
  const visitor = createVisitor(app);
  const page = await visitor.signIn(account.username, account.password, query);
  expect([page.status, page.title]).toEqual([200, 'Enter your code']);
  return visitor;
};

describe('The page to sign in', () => {
  it('asks for the code after the password, and leads to the page that was wanted', async () => {
    const person = await enrol();
    const visitor = await begin(person, '?next=/account/tokens');
    const field = visitor.page().root.querySelector('[name="code"]');
    expect(field?.getAttribute('autocomplete')).toBe('one-time-code');
    const page = await visitor.press('code', { code: nextCode(person.secret) });
    expect([page.status, page.address]).toEqual([200, '/account/tokens']);
  });

  it('takes a recovery code there', async () => {
    const person = await enrol();
    const visitor = await begin(person);
    const page = await visitor.press('code', { code: String(person.recoveryCodes[4]) });
    expect(page.address).toBe(PATHS.account);
  });

  it('says that a code is wrong, and takes the next one without the password', async () => {
    const person = await enrol();
    const visitor = await begin(person, '?next=/account/tokens');
    const refused = await visitor.press('code', { code: '000000' });
    expect([refused.status, refused.title, refused.words]).toEqual([
      400,
      'Enter your code',
      expect.stringContaining('The code is wrong or too old, or it was used before.'),
    ]);
    expect((await visitor.press('code', { code: nextCode(person.secret) })).address).toBe('/account/tokens');
  });

  it('takes password and code in its one field too', async () => {
    const { account, secret } = await enrol();
    const visitor = createVisitor(app);
    const page = await visitor.signIn(account.username, account.password + nextCode(secret));
    expect(page.address).toBe(PATHS.account);
  });

  it('leads back to its start when the sign-in has not begun here', async () => {
    const visitor = createVisitor(app);
    await visitor.open(`${PATHS.signIn}?step=code`);
    const page = await visitor.press('code', { code: '123456' });
    expect([page.status, page.words]).toEqual([400, expect.stringContaining('Sign in again.')]);
    expect(page.root.querySelector(`a[href="${PATHS.signIn}"]`)).not.toBeNull();
  });
});

describe('A page whose form needs a fresh proof', () => {
  it('asks for a code, keeps what was typed, and does it when it is sent again', async () => {
    const person = await enrol();
    const visitor = await begin(person);
    await visitor.press('code', { code: nextCode(person.secret) });
    await visitor.open(PATHS.tokens);
    app.clock.advance(16 * MINUTE);
    const asked = await visitor.press('create', { name: 'nightly backup' });
    expect([asked.status, asked.title]).toEqual([403, 'Enter your code']);
    expect((await visitor.press('prove', { code: '000000' })).status).toBe(400);
    const again = await visitor.press('prove', { code: nextCode(person.secret) });
    expect(again.root.querySelector('[name="name"]')?.getAttribute('value')).toBe('nightly backup');
    expect((await visitor.press('create')).words).toContain('Your new token');
  });

  it('has a place for people whom another program sent: they prove it, and go back', async () => {
    const person = await enrol();
    const visitor = await begin(person);
    await visitor.press('code', { code: nextCode(person.secret) });
    app.clock.advance(16 * MINUTE);
    expect((await visitor.open(`${PATHS.signIn}?step=prove&next=/account/tokens`)).title).toBe(
      'Enter your code',
    );
    const page = await visitor.press('prove', { code: nextCode(person.secret) });
    expect(page.address).toBe('/account/tokens');
  });
});
