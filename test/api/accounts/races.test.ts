import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { useMailbox } from '../../support/mailbox.js';
import { insertOrganization } from '../../support/organization-rows.js';
import { accountsWithAddress, readUser, usersNamed } from '../../support/rows.js';

/** Fifty at once for what only one can have (deviation 16). That of one reset link is with the other cases of the link. */

const PASSWORD = 'Wiesel-42-quarks';
const FIFTY = Array.from({ length: 50 }, (_, i) => i);

const mailbox = useMailbox();
const app = useTestApp(() => ({
  env: {
    ...mailbox.env,
    ACCOUNT_EMAIL_VERIFICATION: 'optional',
    // Those who lose a race for a password are told that theirs is wrong, and are no guessers.
    LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: 'none',
    LOGIN_FAILURES_PER_ADDRESS: 'none',
    LOGIN_FAILURES_PER_ACCOUNT: 'none',
  },
}));

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
const NAME_INVALID =
  '400 {"username":["Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."]}';
const EMAIL_TAKEN = '400 ["A user is already registered with this e-mail address."]';

describe('fifty registrations at once', () => {
  it.each([
    ['ASCII', 'wanted-name', 'WANTED-Name'],
    ['other scripts', 'жук-ünal-ωμέγα', 'ЖУК-Ünal-ΩΜΈΓΑ'],
  ])('for one name in %s, in every case, make one account', async (_what, name, twin) => {
    const { won, lost } = await race((i) => ({
      username: i % 2 === 0 ? name : twin,
      email: `${name.length}name${i}@example.org`,
    }));
    expect(won).toHaveLength(1);
    expect(new Set(lost)).toEqual(new Set([NAME_TAKEN]));
    expect(await usersNamed(app.db, name)).toHaveLength(1);
  });

  it('for one name, composed and decomposed, make one account: the other spelling is no name', async () => {
    const { won, lost } = await race((i) => ({
      username: 'composé-ñame'.normalize(i % 2 === 0 ? 'NFC' : 'NFD'),
      email: `composed${i}@example.org`,
    }));
    expect(won.map(({ json }) => json())).toMatchObject([{ username: 'composé-ñame'.normalize('NFC') }]);
    expect(new Set(lost)).toEqual(new Set([NAME_TAKEN, NAME_INVALID]));
  });

  it('for one address, in every case, make one account and one mail', async () => {
    await mailbox.collect(app);
    const { won, lost } = await race((i) => ({
      username: `address${i}`,
      email: i % 2 === 0 ? 'wanted@example.org' : 'Wanted@Example.org',
    }));
    expect(won).toHaveLength(1);
    expect(new Set(lost)).toEqual(new Set([EMAIL_TAKEN]));
    expect(await accountsWithAddress(app.db, 'wanted@example.org')).toHaveLength(1);
    expect(await mailbox.collect(app)).toHaveLength(1);
  });

  it('without an address make one account', async () => {
    const { won, lost } = await race((i) => ({ username: `nowhere${i}` }));
    expect(won).toHaveLength(1);
    expect(new Set(lost)).toEqual(new Set([EMAIL_TAKEN]));
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

describe('fifty changes of one password at once', () => {
  it('set one of them, tell one mail of it, and refuse the others', async () => {
    const account = await app.register();
    await mailbox.collect(app);
    const passwords = FIFTY.map((i) => `Otter-43-leptons-${i}`);
    const answers = await Promise.all(
      passwords.map((password) =>
        app.send('/api/auth/password/change', {
          method: 'POST',
          headers: account.authorization,
          body: { old_password: account.password, new_password1: password, new_password2: password },
        }),
      ),
    );
    const won = passwords.filter((_, i) => answers[i]?.status === 200);
    expect(won).toHaveLength(1);
    // Who came before the change was made had a wrong old password; who came after it, a token that has ended.
    const refusals = [
      '{"old_password":["Your old password was entered incorrectly. Please enter it again."]}',
      '{"detail":"Invalid token."}',
    ];
    for (const { status, text } of answers) if (status !== 200) expect(refusals).toContain(text);
    const headers = { Authorization: basicAuth(account.username, won[0] ?? '') };
    expect((await app.send('/api/users/self', { headers })).status).toBe(200);
    expect(await mailbox.collect(app)).toHaveLength(1);
  });
});
