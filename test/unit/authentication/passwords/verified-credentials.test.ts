import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createVerifiedCredentials,
  type VerifiedCredentialsOptions,
} from '../../../../src/authentication/passwords/verified-credentials.js';
import { MINUTE } from '../../../../src/kernel/clock.js';
import { systemRandom } from '../../../../src/kernel/random.js';

const HASH = 'bcrypt_sha256$$2b$12$stored';

const createRecord = (options: Partial<VerifiedCredentialsOptions> = {}) => {
  let time = 1_000_000;
  const credentials = createVerifiedCredentials({
    clock: { now: () => time },
    random: systemRandom,
    ...options,
  });
  return {
    ...credentials,
    advance: (ms: number) => {
      time += ms;
    },
    /** What a request does: recall, read the row, confirm. */
    admits: (login: string, password: string, storedHash: string, isActive = true): boolean => {
      const recalled = credentials.recall(login, password);
      return recalled !== undefined && credentials.confirm(recalled, storedHash, isActive);
    },
  };
};

describe('credentials that were right', () => {
  it('are recalled with the user they belong to, again and again', () => {
    const { remember, recall, admits } = createRecord();
    remember('ann', 'secret', HASH, 7);
    expect(recall('ann', 'secret')?.userId).toBe(7);
    expect([admits('ann', 'secret', HASH), admits('ann', 'secret', HASH)]).toEqual([true, true]);
  });

  it('are not recalled under another login or password', () => {
    const { remember, recall } = createRecord();
    remember('ann', 'secret', HASH, 7);
    for (const [login, password] of [
      ['ann', 'Secret'],
      ['Ann', 'secret'],
      ['ann', 'secret '],
      ['anns', 'ecret'],
      ['', 'annsecret'],
      ['annsecret', ''],
    ] as const) {
      expect(recall(login, password)).toBeUndefined();
    }
  });

  it('are never mistaken for others, whatever the characters', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ':', '\0', 'é', '\ud800', '\udc00', '\ufffd') });
    fc.assert(
      fc.property(text, text, text, text, (login, password, otherLogin, otherPassword) => {
        const { remember, recall } = createRecord();
        remember(login, password, HASH, 1);
        const same = login === otherLogin && password === otherPassword;
        expect(recall(otherLogin, otherPassword) !== undefined).toBe(same);
      }),
    );
  });

  it('are forgotten five minutes after the comparison, however often they are used', () => {
    const { remember, recall, admits, advance } = createRecord();
    remember('ann', 'secret', HASH, 7);
    advance(5 * MINUTE - 1);
    expect(admits('ann', 'secret', HASH)).toBe(true);
    advance(1);
    expect(recall('ann', 'secret')).toBeUndefined();
  });

  it('are forgotten when the lifetime ends between recall and confirmation', () => {
    const { remember, recall, confirm, advance } = createRecord({ lifetime: MINUTE });
    remember('ann', 'secret', HASH, 7);
    const recalled = recall('ann', 'secret');
    advance(MINUTE);
    expect(recalled && confirm(recalled, HASH, true)).toBe(false);
  });

  it('are not revived by a clock that is set back', () => {
    const { remember, recall, advance } = createRecord();
    remember('ann', 'secret', HASH, 7);
    advance(-1);
    expect(recall('ann', 'secret')).toBeUndefined();
  });

  it.each([
    ['the stored hash is another', 'bcrypt_sha256$$2b$12$other', true],
    ['the password became unusable', '!', true],
    ['the account is not active', HASH, false],
  ])('are dropped at once when %s', (_, storedHash, isActive) => {
    const { remember, recall, admits } = createRecord();
    remember('ann', 'secret', HASH, 7);
    expect(admits('ann', 'secret', storedHash, isActive)).toBe(false);
    expect(recall('ann', 'secret')).toBeUndefined();
    expect(admits('ann', 'secret', HASH)).toBe(false);
  });

  it('are confirmed for the new stored hash after they were remembered anew', () => {
    const { remember, admits } = createRecord();
    remember('ann', 'secret', HASH, 7);
    remember('ann', 'secret', 'rewritten', 7);
    expect(admits('ann', 'secret', 'rewritten')).toBe(true);
  });

  it('are not confirmed for a user they no longer belong to', () => {
    const { remember, recall, confirm } = createRecord();
    remember('ann', 'secret', HASH, 7);
    const recalled = recall('ann', 'secret');
    remember('ann', 'secret', HASH, 8);
    expect(recalled && confirm(recalled, HASH, true)).toBe(false);
  });

  it('give way to newer ones beyond the maximum, the least recently used first', () => {
    const { remember, recall } = createRecord({ maximum: 2 });
    remember('ann', 'secret', HASH, 1);
    remember('bob', 'secret', HASH, 2);
    recall('ann', 'secret');
    remember('cid', 'secret', HASH, 3);
    expect(['ann', 'bob', 'cid'].map((login) => recall(login, 'secret')?.userId)).toEqual([1, undefined, 3]);
  });

  it('are named differently by each process, and the name does not depend on what is stored', () => {
    const [one, two] = [createRecord(), createRecord()];
    one.remember('ann', 'secret', HASH, 7);
    two.remember('ann', 'secret', HASH, 7);
    const names = [one.recall('ann', 'secret')?.fingerprint, two.recall('ann', 'secret')?.fingerprint];
    expect(names[0]).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(names[0]).not.toBe(names[1]);
  });
});

describe('credentials that many requests bring at once', () => {
  const MATCH = { userId: 7, password: HASH };
  const start = () => {
    const { together } = createRecord();
    const ends: { answer: (match?: typeof MATCH) => void; fail: () => void }[] = [];
    const ask = (login = 'ann', password = 'secret') =>
      together(
        login,
        password,
        () =>
          new Promise((resolve, reject) => {
            ends.push({ answer: resolve, fail: () => reject(new Error('gone')) });
          }),
      );
    return { ask, ends };
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  it('are compared once, and let all of them in', async () => {
    const { ask, ends } = start();
    const asked = Array.from({ length: 50 }, () => ask());
    await settle();
    expect(ends).toHaveLength(1);
    ends[0]?.answer(MATCH);
    expect(new Set(await Promise.all(asked))).toEqual(new Set([MATCH]));
    const later = ask();
    expect(ends).toHaveLength(2);
    ends[1]?.answer();
    expect(await later).toBeUndefined();
  });

  it('are compared for each other login and password', () => {
    const { ask, ends } = start();
    void ask('ann', 'secret');
    void ask('ann', 'Secret');
    void ask('bob', 'secret');
    expect(ends).toHaveLength(3);
  });

  it('are compared for each of them when they are wrong, so that each is a failure', async () => {
    const { ask, ends } = start();
    const asked = Array.from({ length: 5 }, () => ask());
    await settle();
    ends[0]?.answer();
    await settle();
    expect(ends).toHaveLength(5);
    for (const { answer } of ends) answer();
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 5 }, () => undefined));
  });

  it('are compared by the next when the first one hung up', async () => {
    const { ask, ends } = start();
    const [first, ...others] = Array.from({ length: 5 }, () => ask());
    await settle();
    ends[0]?.fail();
    await expect(first).rejects.toThrow('gone');
    await settle();
    expect(ends).toHaveLength(2);
    ends[1]?.answer(MATCH);
    expect(await Promise.all(others)).toEqual(Array.from({ length: 4 }, () => MATCH));
  });
});
