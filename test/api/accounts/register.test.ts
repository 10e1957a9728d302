import { describe, expect, it } from 'vitest';
import { addressesOf } from '../../support/address-rows.js';
import { useTestApp } from '../../support/app.js';
import { cookieOf } from '../../support/http.js';
import { giveAddresses, readProfile, readUser, setPassword, setVerified } from '../../support/rows.js';

/** CVAT's registration with its defaults: everybody may, no address is confirmed (CVAT 2.62, `RegisterSerializerEx`). */

const app = useTestApp();

const REGISTER = '/api/auth/register';
const PASSWORD = 'Wiesel-42-quarks';
const REQUIRED = ['This field is required.'];
const BLANK = ['This field may not be blank.'];
const NULL = ['This field may not be null.'];
const NAME_TAKEN = ['A user with that username already exists.'];
const EMAIL_TAKEN = ['A user is already registered with this e-mail address.'];
const INVALID_NAME = [
  'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.',
];

let counter = 0;
const newName = () => `newcomer${(counter += 1)}`;
const applicant = (username = newName()) => ({
  username,
  email: `${username}@example.org`,
  password1: PASSWORD,
  password2: PASSWORD,
});
/** A field that is undefined is left out. */
const register = (fields: object) =>
  app.send(REGISTER, { method: 'POST', body: { ...applicant(), ...fields } });
/** A letter of two UTF-16 units. */
const LETTER = '𝒜';

describe('POST /api/auth/register answers 201', () => {
  it('with the account, its token and the three cookies', async () => {
    const username = newName();
    const answer = await register({
      username,
      email: 'Jane.Doe@Example.ORG',
      first_name: 'Jane',
      last_name: 'Doe',
    });
    expect(answer.status).toBe(201);
    expect(answer.text).toMatch(
      new RegExp(
        `^\\{"username":"${username}","email":"Jane.Doe@Example.ORG","first_name":"Jane","last_name":"Doe","email_verification_required":false,"key":"[0-9a-f]{40}"\\}$`,
      ),
    );
    expect(answer.setCookies.map((line) => line.split('=')[0])).toEqual([
      'csrftoken',
      'sessionid',
      'sessionfresh',
    ]);
    const self = await app.send('/api/users/self', {
      headers: { Cookie: `sessionid=${cookieOf(answer, 'sessionid')}` },
    });
    expect(self.json()).toMatchObject({
      username,
      groups: ['user'],
      is_staff: false,
      is_superuser: false,
      is_active: true,
    });
    expect(self.json()).toMatchObject({
      last_login: expect.stringMatching(/Z$/),
      email: 'Jane.Doe@Example.ORG',
    });
  });

  it('and leaves what CVAT’s signals leave: a profile, and an address that is primary and not confirmed', async () => {
    const { id, email } = await app.register();
    expect(await addressesOf(app.db, id)).toEqual([{ email, verified: false, primary: true }]);
    expect(await readProfile(app.db, id)).toEqual({ analytics: false });
  });

  it('without an address, which then has no row', async () => {
    await giveAddresses(app.db);
    const answer = await register({ email: undefined });
    expect(answer.json()).toMatchObject({ email: '', first_name: '', last_name: '' });
    const { username } = answer.json() as { username: string };
    const { id } = await readUser(app.db, username);
    expect(await addressesOf(app.db, id)).toEqual([]);
  });

  it.each([
    ['letters of any script', 'Jürgen用户名ا', 'Jürgen用户名ا'],
    ['the five signs', 'a@b.c+d-e_f', 'a@b.c+d-e_f'],
    ['blanks around it', '  trimmed1\t', 'trimmed1'],
    ['a number', 12345, '12345'],
    ['5 letters of two units each', LETTER.repeat(5), LETTER.repeat(5)],
    ['150 letters of two units each', LETTER.repeat(150), LETTER.repeat(150)],
  ])('to a name with %s', async (_what, username, stored) => {
    const answer = await register({ username });
    expect(answer.json()).toMatchObject({ username: stored });
    expect(answer.status).toBe(201);
  });

  it.each([
    ['of 8 letters of two units', `${LETTER.repeat(7)}x`],
    ['of 256 letters of two units', LETTER.repeat(256)],
    ['with blanks around it', '  Wiesel 42  '],
  ])('to a password %s, which then is the password', async (_what, password) => {
    const username = newName();
    expect((await register({ username, password1: password, password2: password })).status).toBe(201);
    expect((await app.send('/api/auth/login', { method: 'POST', body: { username, password } })).status).toBe(
      200,
    );
    expect(
      (
        await app.send('/api/auth/login', {
          method: 'POST',
          body: { username, password: password.slice(0, -1) },
        })
      ).status,
    ).toBe(400);
  });

  it('to names of 150 letters, and to keys that mean nothing', async () => {
    const username = newName();
    const names = { first_name: LETTER.repeat(150), last_name: 'Ω'.repeat(150) };
    const sly = {
      is_superuser: true,
      is_staff: true,
      is_active: false,
      groups: ['admin'],
      id: 1,
      date_joined: '1999-01-01T00:00:00Z',
      key: 'x',
    };
    const answer = await register({
      username,
      ...names,
      ...sly,
      confirmations: [{ name: 'terms', value: true }],
    });
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject(names);
    const self = await app.send('/api/users/self', {
      headers: { Authorization: `Token ${(answer.json() as { key: string }).key}` },
    });
    expect(self.json()).toMatchObject({
      username,
      is_superuser: false,
      is_staff: false,
      is_active: true,
      groups: ['user'],
    });
    expect(self.json()).not.toMatchObject({ id: 1 });
    expect(self.text).not.toContain('1999');
  });

  it('to somebody who is signed in, with the CSRF token, and makes the session the new account’s', async () => {
    const browser = app.browser();
    const body = applicant();
    await browser.send(REGISTER, { method: 'POST', body });
    const before = browser.jar.get('sessionid');
    const next = applicant();
    expect(
      (await app.send(REGISTER, { method: 'POST', headers: { Cookie: browser.cookieHeader() }, body: next }))
        .status,
    ).toBe(403);
    expect((await browser.send(REGISTER, { method: 'POST', body: next })).status).toBe(201);
    expect((await browser.send('/api/users/self')).json()).toMatchObject({ username: next.username });
    expect((await app.send('/api/users/self', { headers: { Cookie: `sessionid=${before}` } })).status).toBe(
      401,
    );
  });
});

describe('POST /api/auth/register answers 400', () => {
  it('with all field errors together, in the order of the fields', async () => {
    const answer = await app.send(REGISTER, { method: 'POST', body: {} });
    expect(answer.status).toBe(400);
    expect(answer.text).toBe(
      JSON.stringify({ username: REQUIRED, password1: REQUIRED, password2: REQUIRED }),
    );
    const fields = {
      last_name: '',
      first_name: null,
      password2: '',
      password1: 'abc',
      email: 'x',
      username: 'abc',
    };
    expect((await register(fields)).text).toBe(
      JSON.stringify({
        username: ['Ensure this field has at least 5 characters.'],
        email: ['Enter a valid email address.'],
        password1: [
          'This password is too short. It must contain at least 8 characters.',
          'This password is too common.',
        ],
        password2: BLANK,
        first_name: NULL,
        last_name: BLANK,
      }),
    );
  });

  it.each([
    ['a blank name', { username: '' }, { username: BLANK }],
    ['a name of blanks', { username: '   ' }, { username: BLANK }],
    ['a null name', { username: null }, { username: NULL }],
    ['a list for a name', { username: ['abcde'] }, { username: ['Not a valid string.'] }],
    [
      '4 letters of two units',
      { username: LETTER.repeat(4) },
      { username: ['Ensure this field has at least 5 characters.'] },
    ],
    [
      '151 letters of two units',
      { username: LETTER.repeat(151) },
      { username: ['Ensure this field has no more than 150 characters.'] },
    ],
    ['a blank inside the name', { username: 'two words' }, { username: INVALID_NAME }],
    ['a name with a line break', { username: 'line\nbreak' }, { username: INVALID_NAME }],
    ['a name with a zero-width blank', { username: 'zero\u200bwidth' }, { username: INVALID_NAME }],
    ['a name with an emoji', { username: 'smile😀smile' }, { username: INVALID_NAME }],
    ['a name with NUL', { username: 'null\0null' }, { username: ['Null characters are not allowed.'] }],
    ['a name that is taken', { username: 'admin' }, { username: NAME_TAKEN }],
    ['a name that is taken in another case', { username: 'ADMIN' }, { username: NAME_TAKEN }],
    ['a blank address', { email: '' }, { email: BLANK }],
    ['a null address', { email: null }, { email: NULL }],
    ['a malformed address', { email: 'nobody' }, { email: ['Enter a valid email address.'] }],
    ['a list for an address', { email: ['a@example.org'] }, { email: ['Enter a valid email address.'] }],
    [
      'an address with a line break',
      { email: 'a@example.org\nBcc: b@example.org' },
      { email: ['Enter a valid email address.'] },
    ],
    [
      'an address with an encoded line break',
      { email: 'a%0abcc:b@exam ple.org' },
      { email: ['Enter a valid email address.'] },
    ],
    ['two addresses', { email: 'a@example.org,b@example.org' }, { email: ['Enter a valid email address.'] }],
    [
      'an address of 255 letters',
      { email: `${'a'.repeat(243)}@example.org` },
      { email: ['Ensure this field has no more than 254 characters.'] },
    ],
    ['a null password', { password1: null }, { password1: NULL }],
    [
      'a first name of 151',
      { first_name: LETTER.repeat(151) },
      { first_name: ['Ensure this field has no more than 150 characters.'] },
    ],
    ['a blank last name', { last_name: ' ' }, { last_name: BLANK }],
  ])('to %s', async (_what, fields, errors) => {
    const answer = await register(fields);
    expect(answer.json()).toEqual(errors);
    expect(answer.status).toBe(400);
    expect(answer.setCookies).toEqual([]);
  });

  const SHORT = 'This password is too short. It must contain at least 8 characters.';
  const COMMON = 'This password is too common.';
  const NUMERIC = 'This password is entirely numeric.';
  it.each([
    ['abc', [SHORT, COMMON]],
    ['123', [SHORT, COMMON, NUMERIC]],
    ['12345678', [COMMON, NUMERIC]],
    ['PASSWORD1', [COMMON]],
    [LETTER.repeat(7), [SHORT]],
    [LETTER.repeat(257), ['Password must be 256 characters or fewer.']],
    ['x'.repeat(100_000), ['Password must be 256 characters or fewer.']],
  ])('to a weak password (%#)', async (password, errors) => {
    expect((await register({ password1: password, password2: password })).json()).toEqual({
      password1: errors,
    });
  });

  it('to passwords that differ, in blanks and case too, only when nothing else is wrong', async () => {
    const mismatch = { non_field_errors: ["The two password fields didn't match."] };
    expect((await register({ password2: `${PASSWORD} ` })).json()).toEqual(mismatch);
    expect((await register({ password2: PASSWORD.toLowerCase() })).json()).toEqual(mismatch);
    expect((await register({ password2: 'other', username: 'admin' })).json()).toEqual({
      username: NAME_TAKEN,
    });
  });

  it.each([
    ['username', { username: 'jonathan.doe', password: 'nahtanoj1' }],
    ['first name', { first_name: 'Wilhelmina', password: 'wilhelmina1' }],
    ['last name', { last_name: 'Wilhelmina', password: 'wilhelmina1' }],
    ['email address', { email: 'jd77@example-corp.org', password: 'jd77example' }],
  ])('to a password like the %s', async (attribute, { password, ...fields }) => {
    const answer = await register({ ...fields, password1: password, password2: password });
    expect(answer.json()).toEqual({ non_field_errors: [`The password is too similar to the ${attribute}.`] });
  });

  it('to a confirmed address of somebody else as to a wrong field, in any case', async () => {
    const { id, email } = await app.register();
    await setVerified(app.db, id, true);
    expect((await register({ email: email.toUpperCase() })).json()).toEqual({ email: EMAIL_TAKEN });
  });

  it('to an unconfirmed address of somebody else with a list, before it looks at similarity', async () => {
    const { email } = await app.register();
    const username = newName();
    const answer = await register({
      username,
      email: email.toUpperCase(),
      password1: username,
      password2: username,
    });
    expect(answer.json()).toEqual(EMAIL_TAKEN);
  });

  it('to no address where another account has none, as CVAT', async () => {
    await register({ email: undefined });
    expect((await register({ email: undefined })).json()).toEqual(EMAIL_TAKEN);
  });

  it('to the address of an account that has no password and is no placeholder', async () => {
    const { id, email } = await app.register();
    await setPassword(app.db, id, '!unusable');
    expect((await register({ email })).json()).toEqual(EMAIL_TAKEN);
  });

  it.each([
    ['null', 'null', ['No data provided']],
    ['a list', '[]', ['Invalid data. Expected a dictionary, but got list.']],
    ['a text', '"x"', ['Invalid data. Expected a dictionary, but got str.']],
  ])('to %s for a body', async (_what, body, errors) => {
    const answer = await app.send(REGISTER, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    });
    expect(answer.json()).toEqual({ non_field_errors: errors });
  });
});

describe('/api/auth/register', () => {
  it('answers 405 to GET, and 401 to bad credentials beside a good body', async () => {
    expect((await app.send(REGISTER)).status).toBe(405);
    const body = applicant();
    const answer = await app.send(REGISTER, {
      method: 'POST',
      headers: { Authorization: 'Token bad' },
      body,
    });
    expect(answer.status).toBe(401);
    expect((await app.send(REGISTER, { method: 'POST', body })).status).toBe(201);
  });
});
