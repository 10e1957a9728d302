import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../../src/kernel/clock.js';
import { insertAddress } from '../../support/address-rows.js';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { changeUser, setActive, setUsername, setVerified } from '../../support/rows.js';

/** Whom a name or an address means: login and Basic resolve it alike, so each claim is made of both. */

const app = useTestApp({
  env: { LOGIN_FAILURES_PER_ADDRESS: 'none', LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: 'none' },
});

const ways = [
  [
    'login',
    async (name: string, password: string): Promise<number | null> => {
      const answer = await app.send('/api/auth/login', {
        method: 'POST',
        body: { username: name, password },
      });
      if (answer.status === 400) return null;
      expect(answer.status).toBe(200);
      const { key } = answer.json() as { key: string };
      return idOf(await app.send('/api/users/self', { headers: { Authorization: `Token ${key}` } }));
    },
  ],
  [
    'Basic',
    async (name: string, password: string): Promise<number | null> => {
      const answer = await app.send('/api/users/self', {
        headers: { Authorization: basicAuth(name, password) },
      });
      if (answer.status === 401) return null;
      expect(answer.status).toBe(200);
      return idOf(answer);
    },
  ],
] as const;

const idOf = (answer: { json: () => unknown }): number => (answer.json() as { id: number }).id;

const withPassword = (username: string, password: string): Promise<TestAccount> =>
  app.register(username, { password1: password, password2: password });

let counter = 0;
function unique(name: string): string {
  counter += 1;
  return `${name}${counter}`;
}

describe.each(ways)('by %s', (_way, signIn) => {
  it('a name is found in its own case and in any other', async () => {
    const name = unique('Jonas');
    const { id, password } = await app.register(name);
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase()])
      expect(await signIn(spelling, password)).toBe(id);
  });

  it('a name of other scripts is found in any case', async () => {
    const name = unique('Äнна');
    const { id, password } = await app.register(name, { email: `${unique('anna')}@example.org` });
    expect(await signIn(name, password)).toBe(id);
    expect(await signIn(name.toLowerCase(), password)).toBe(id);
  });

  it('an address is found in any case, whether it is the account’s or one of its further ones', async () => {
    const person = await app.register();
    const further = `${unique('Second')}@Example.org`;
    await insertAddress(app.db, person.id, further);
    expect(await signIn(person.email.toUpperCase(), person.password)).toBe(person.id);
    expect(await signIn(further.toLowerCase(), person.password)).toBe(person.id);
  });

  it('a name is compared before an address', async () => {
    const victim = await withPassword(unique('victim'), 'Wiesel-42-quarks');
    const squatter = await withPassword(unique('squatter'), 'Otter-17-gluons');
    await setUsername(app.db, squatter.id, victim.email);
    expect(await signIn(victim.email, squatter.password)).toBe(squatter.id);
    expect(await signIn(victim.email, victim.password)).toBe(victim.id);
  });

  it('only owners who confirmed an address count when there is one', async () => {
    const owner = await withPassword(unique('owner'), 'Wiesel-42-quarks');
    const claimant = await withPassword(unique('claimant'), 'Otter-17-gluons');
    await changeUser(app.db, claimant.id, { email: owner.email });
    expect(await signIn(owner.email, claimant.password)).toBe(claimant.id);
    await setVerified(app.db, owner.id, true);
    // Basic credentials that were right are remembered for five minutes; whose they are is then asked again.
    app.clock.advance(5 * MINUTE);
    expect(await signIn(owner.email, claimant.password)).toBeNull();
    expect(await signIn(owner.email, owner.password)).toBe(owner.id);
  });

  it('the password tells owners of one address apart', async () => {
    const one = await withPassword(unique('first'), 'Wiesel-42-quarks');
    const two = await withPassword(unique('second'), 'Otter-17-gluons');
    await changeUser(app.db, two.id, { email: one.email });
    expect(await signIn(one.email, one.password)).toBe(one.id);
    expect(await signIn(one.email, two.password)).toBe(two.id);
    await setActive(app.db, one.id, false);
    expect(await signIn(one.email, one.password)).toBeNull();
  });

  it('twins of a name that differ in case are told apart by exact case, and nobody otherwise', async () => {
    const name = unique('Twin');
    const upper = await withPassword(name, 'Wiesel-42-quarks');
    const lower = await withPassword(unique('other'), 'Otter-17-gluons');
    await setUsername(app.db, lower.id, name.toLowerCase());
    expect(await signIn(name, upper.password)).toBe(upper.id);
    expect(await signIn(name.toLowerCase(), lower.password)).toBe(lower.id);
    expect(await signIn(name, lower.password)).toBeNull();
    expect(await signIn(name.toUpperCase(), upper.password)).toBeNull();
  });

  it.each([
    ['blanks inside', (name: string) => name.replace(/^./, '$& ')],
    ['a zero-width space', (name: string) => `${name}\u200b`],
    ['full-width letters', (name: string) => name.replace('p', '\uff50')],
    ['a look-alike of another script', (name: string) => name.replace('e', '\u0435')],
    ['a wildcard', (name: string) => name.replace('e', '%')],
    ['a combining accent', (name: string) => `${name}\u0301`],
  ])('a name with %s is another name', async (_what, change) => {
    const { username, password } = await app.register();
    expect(change(username)).not.toBe(username);
    expect(await signIn(change(username), password)).toBeNull();
  });

  it('an address with a look-alike that SQL folds together is another address', async () => {
    const person = await app.register(unique('kelvin'));
    // The Kelvin sign lowers to an ASCII k, in JavaScript as in PostgreSQL with ICU.
    const answer = await signIn(person.email.replace('k', '\u212a'), person.password);
    expect([null, person.id]).toContain(answer);
    expect(await signIn(person.email.replace('k', '\u043a'), person.password)).toBeNull();
  });
});
