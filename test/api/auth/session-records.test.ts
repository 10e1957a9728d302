import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { openSessionLives, type SessionLives } from '../../support/sessions.js';

/** Whoever can write where sessions are kept, by mistake or not: what is no record of ours is no session. */

let person: TestAccount;
let lives: SessionLives;
const app = useTestApp();
beforeAll(async () => {
  person = await app.register();
  lives = openSessionLives(app.db);
});
afterAll(async () => {
  await lives.close();
});

const HASH = 'a'.repeat(64);
const record = (id: string, hash = JSON.stringify(HASH)): string =>
  `{"cookie":{},"_auth_user_id":${id},"_auth_user_hash":${hash}}`;

describe('a record that is no session', () => {
  it.each([
    ['null', 'null'],
    ['a list', '[]'],
    ['a number', '7'],
    ['an empty object', '{}'],
    ['no account', `{"cookie":{},"_auth_user_hash":"${HASH}"}`],
    ['no binding', '{"cookie":{},"_auth_user_id":"1"}'],
    ['an id above those of the database', record('"2147483648"')],
    ['an id above those of a double', record('"99999999999999999999"')],
    ['an id below those of the database', record('"-2147483649"')],
    ['the id 0', record('"0"')],
    ['a fraction', record('"1.0"')],
    ['an exponent', record('"1e9"')],
    ['a hexadecimal id', record('"0x10"')],
    ['space before the id', record('" 1"')],
    ['an empty id', record('""')],
    ['an id that is a number', record('1')],
    ['an id that is an object', record('{"valueOf":1}')],
    ['an id in a list', record('["1"]')],
    ['an id that is true', record('true')],
    ['a binding that is a number', record('"1"', '7')],
    ['a binding that is an object', record('"1"', '{"length":64}')],
    ['a binding that is a list', record('"1"', `["${HASH}"]`)],
    ['a binding that is true', record('"1"', 'true')],
    ['an empty binding', record('"1"', '""')],
  ])('such as %s is anonymous: 401, and the cookies go', async (_what, json) => {
    const browser = app.browser();
    const { username, password } = person;
    const login = { method: 'POST', body: { username, password } };
    expect((await browser.send('/api/auth/login', login)).status).toBe(200);
    const key = browser.jar.get('sessionid') ?? '';
    await lives.overwrite(key, json);
    const answer = await browser.send('/api/users/self');
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail: 'Authentication credentials were not provided.' });
    expect(browser.jar.has('sessionid')).toBe(false);
    expect(browser.jar.has('sessionfresh')).toBe(false);
    expect((await browser.send('/api/auth/login', login)).status).toBe(200);
    expect((await browser.send('/api/users/self')).status).toBe(200);
  });
});
