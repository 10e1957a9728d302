import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { many } from '../../../src/platform/db/queryable.js';
import { sql } from '../../../src/platform/db/sql.js';
import { createTestApp, type TestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { type Mailbox, openMailbox } from '../../support/mailbox.js';
import { insertOrganization, readUser } from '../../support/rows.js';

/** Fifty at once for what only one can have (deviation 16). That of one reset link is with the other cases of the link. */

const PASSWORD = 'Wiesel-42-quarks';
const FIFTY = Array.from({ length: 50 }, (_, i) => i);

let mailbox: Mailbox;
let app: TestApp;
beforeAll(async () => {
  mailbox = await openMailbox();
  app = await createTestApp({ env: { ...mailbox.env, ACCOUNT_EMAIL_VERIFICATION: 'optional' } });
});
afterAll(async () => {
  await app.close();
  await mailbox.close();
});

async function race(bodyOf: (i: number) => object) {
  const answers = await Promise.all(
    FIFTY.map((i) =>
      app.send('/api/auth/register', {
        method: 'POST',
        body: { password1: PASSWORD, password2: PASSWORD, ...bodyOf(i) },
      }),
    ),
  );
  return {
    won: answers.filter(({ status }) => status === 201),
    lost: answers.filter(({ status }) => status !== 201).map(({ status, text }) => `${status} ${text}`),
  };
}

const NAME_TAKEN = '400 {"username":["A user with that username already exists."]}';
const EMAIL_TAKEN = '400 ["A user is already registered with this e-mail address."]';

describe('fifty registrations at once', () => {
  it('for one name, in every case, make one account', async () => {
    const { won, lost } = await race((i) => ({
      username: i % 2 === 0 ? 'wanted-name' : 'WANTED-Name',
      email: `name${i}@example.org`,
    }));
    expect(won).toHaveLength(1);
    expect(new Set(lost)).toEqual(new Set([NAME_TAKEN]));
    expect(await many(app.db, sql`select from auth_user where lower(username) = 'wanted-name'`)).toHaveLength(
      1,
    );
  });

  it('for one address, in every case, make one account and one mail', async () => {
    await mailbox.collect(app);
    const { won, lost } = await race((i) => ({
      username: `address${i}`,
      email: i % 2 === 0 ? 'wanted@example.org' : 'Wanted@Example.org',
    }));
    expect(won).toHaveLength(1);
    expect(new Set(lost)).toEqual(new Set([EMAIL_TAKEN]));
    expect(
      await many(app.db, sql`select from auth_user where lower(email) = 'wanted@example.org'`),
    ).toHaveLength(1);
    expect(await mailbox.collect(app)).toHaveLength(1);
  });

  it('for one placeholder give it to one of them', async () => {
    await insertOrganization(app.db, 'acme', (await readUser(app.db, app.admin.username)).id);
    const headers = { Authorization: basicAuth(app.admin.username, app.admin.password) };
    const body = { role: 'worker', email: 'guest@example.org' };
    await app.send('/api/invitations?org=acme', { method: 'POST', headers, body });
    const { id } = await readUser(app.db, 'guest@example.org');
    const { won, lost } = await race((i) => ({ username: `guest${i}`, email: 'guest@example.org' }));
    expect(won).toHaveLength(1);
    expect(new Set(lost)).toEqual(new Set([EMAIL_TAKEN]));
    const { username } = (won[0]?.json() ?? {}) as { username: string };
    expect((await readUser(app.db, username)).id).toBe(id);
  });

  it('for different names and addresses make fifty accounts', async () => {
    const { won, lost } = await race((i) => ({ username: `crowd${i}`, email: `crowd${i}@example.org` }));
    expect(lost).toEqual([]);
    expect(won).toHaveLength(50);
    expect(new Set(won.map(({ text }) => text)).size).toBe(50);
  });
});
