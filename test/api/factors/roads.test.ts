import { describe, expect, it } from 'vitest';
import { PATHS } from '../../../src/features/pages/paths.js';
import { useTestApp } from '../../support/app.js';
import { type Enrolled, factorActions } from '../../support/factor-actions.js';
import { linkOf, useMailbox } from '../../support/mailbox.js';
import { insertOrganization } from '../../support/organization-rows.js';
import { readUser } from '../../support/rows.js';
import { sessionActions } from '../../support/session-actions.js';
import { whoIs } from '../../support/sign-on.js';
import { createVisitor } from '../../support/visitor.js';

/** Other roads to an account with a second factor: links in mails, invitations, a restart, an export. */

const mailbox = useMailbox();
const app = useTestApp(() => ({
  env: { ...mailbox.env, ACCOUNT_EMAIL_VERIFICATION: 'optional', ORG_INVITATION_CONFIRM: 'true' },
}));
const { enrol } = factorActions(app);

const logIn = async ({ username, password }: { readonly username: string; readonly password: string }) => {
  const browser = app.browser();
  const answer = await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
  return { status: answer.status, who: await whoIs(browser) };
};

const NOT_IN = { status: 400, who: null };

describe('The link of a mail', () => {
  it('that confirms an address signs nobody in', async () => {
    const { account } = await enrol();
    const [link = ''] = (await mailbox.collect(app))
      .filter(({ parsed }) => parsed.text?.includes('account-confirm-email'))
      .map(linkOf);
    const visitor = createVisitor(app);
    expect((await visitor.open(link)).status).toBe(200);
    const form = visitor.page().root.querySelector('form');
    expect(form).not.toBeNull();
    const button = form?.querySelector('button');
    expect((await visitor.press(button?.getAttribute('value') ?? '')).address).toBe(PATHS.confirmed);
    expect(await whoIs(visitor.browser)).toBeNull();
    expect(await logIn(account)).toEqual(NOT_IN);
  });

  it('that invites to an organization lets nobody in without the second factor', async () => {
    const person = await enrol();
    const owner = await app.register();
    await insertOrganization(app.db, 'inviting', (await readUser(app.db, owner.username)).id);
    const invited = await app.send('/api/invitations?org=inviting', {
      method: 'POST',
      headers: owner.authorization,
      body: { email: person.account.email, role: 'worker' },
    });
    expect(invited.status).toBe(201);
    const { key } = invited.json() as { key: string };
    const visitor = createVisitor(app);
    await visitor.open(`${PATHS.invitation}?invitation=${key}`);
    const accepted = await visitor.browser.send(`/api/invitations/${key}/accept`, {
      method: 'POST',
      body: {},
    });
    expect([accepted.status, await whoIs(visitor.browser)]).toEqual([401, null]);
    expect(await logIn(person.account)).toEqual(NOT_IN);
  });
});

describe('A start of the server with the password of the first administrator', () => {
  it('leaves the second factor of an administrator who is there', async () => {
    const { signIn } = sessionActions(app);
    const admin = await signIn(app.admin);
    const { secretOf, confirm, codeOf } = factorActions(app);
    expect((await confirm(admin, codeOf(await secretOf(admin)))).status).toBe(200);
    await app.container.prepare();
    expect(await logIn(app.admin)).toEqual(NOT_IN);
  });
});

describe('The export of an account', () => {
  it('says that there is a second factor, and nothing that makes one', async () => {
    const person: Enrolled = await enrol();
    const answer = await person.browser.send(PATHS.export);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ factors: { totp: { enabled: true } } });
    for (const secret of [person.secret, ...person.recoveryCodes]) expect(answer.text).not.toContain(secret);
  });
});
