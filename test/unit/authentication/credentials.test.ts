import { describe, expect, it } from 'vitest';
import { type Candidate, createCredentialCheck } from '../../../src/authentication/credentials.js';
import { createEqualizer } from '../../../src/authentication/passwords/equalizer.js';
import { createWorkQueue, type Requester } from '../../../src/authentication/passwords/queue.js';
import type { Match } from '../../../src/authentication/passwords/service.js';

const RIGHT = 'right';
const CLIENT = { address: '203.0.113.7', signal: new AbortController().signal };

const person = (userId: number, more: Partial<Candidate> = {}): Candidate => ({
  userId,
  username: `person${userId}`,
  matchedEmail: 'shared@example.org',
  password: `new ${RIGHT}`,
  isActive: true,
  hasFactor: false,
  ...more,
});

/** What the names of the test mean. `old` costs a third of a new hash, `!` nothing. */
const PEOPLE: Readonly<Record<string, readonly Candidate[]>> = {
  active: [person(1)],
  inactive: [person(2, { isActive: false })],
  unusable: [person(3, { password: '!' })],
  old: [person(4, { password: `old ${RIGHT}` })],
  'inactive and old': [person(5, { password: `old ${RIGHT}`, isActive: false })],
  pair: [person(6), person(7)],
  'inactive pair': [person(8, { isActive: false }), person(9, { isActive: false })],
  'inactive and active': [person(10, { isActive: false }), person(11, { password: 'new other' })],
};
const COSTS: Readonly<Record<string, number>> = { new: 200, old: 70 };

/** The credential check over a clock that only hashes and sleep move. */
function createWorld() {
  let time = 0;
  let failed = 0;
  const run = (ms: number, result: boolean) => async () => {
    time += ms;
    return result;
  };
  const equalizer = createEqualizer({
    clock: { now: () => time },
    queue: createWorkQueue({ concurrency: 1, limit: 0 }),
    preferred: { algorithm: 'new', run: run(200, false) },
    sleep: async (ms) => {
      time += ms;
    },
  });
  const verifyFirst = async (
    password: string,
    stored: readonly string[],
    requester: Requester,
  ): Promise<Match | undefined> => {
    const comparisons = stored.flatMap((text) => {
      const [algorithm = '', own] = text.split(' ');
      return text === '!' ? [] : [{ algorithm, run: run(COSTS[algorithm] ?? 0, own === password) }];
    });
    const nobody = { algorithm: 'new', run: run(200, false) };
    const index = await equalizer.first(requester, comparisons.length > 0 ? comparisons : [nobody]);
    return index === undefined ? undefined : { index, needsRehash: false };
  };
  const check = createCredentialCheck({
    findCandidates: async (_username, email) => ({
      exact: [],
      byEmail: (PEOPLE[email] ?? []).map((candidate) => ({ ...candidate, matchedEmail: email })),
      ignoringCase: [],
    }),
    upgradePassword: async () => undefined,
    passwords: { verifyFirst, isUsable: (stored) => stored !== '!', hash: async () => '' },
    failures: {
      check: async () => undefined,
      failed: async () => {
        failed += 1;
      },
      succeeded: async () => undefined,
    },
    secretKey: () => 'k',
    onUpgradeError: () => undefined,
    method: 'username_email',
    directory: null,
    verifyFactor: async (_userId, code) => (code === '123456' ? 'totp' : undefined),
    passwordRule: null,
  });
  return {
    /** @returns milliseconds, whom it let in, and how many failures it counted */
    ask: async (email: string, password: string, isRefused = false) => {
      const [before, failedBefore] = [time, failed];
      const match = await check({
        email,
        password,
        client: CLIENT,
        way: 'login',
        report: () => undefined,
        isRefused,
      });
      return { took: time - before, userId: match?.userId, failures: failed - failedBefore };
    },
  };
}

describe('a refusal takes the same time', () => {
  const refusals = [
    ['nobody', 'nobody', RIGHT],
    ['a wrong password', 'active', 'wrong'],
    ['a wrong password of an inactive account', 'inactive', 'wrong'],
    ['the right password of an inactive account', 'inactive', RIGHT],
    ['the right password of an inactive account with an old hash', 'inactive and old', RIGHT],
    ['an account without a password', 'unusable', RIGHT],
    ['a wrong password and an old hash', 'old', 'wrong'],
    ['two accounts of one address', 'pair', 'wrong'],
    ['two inactive accounts, with their password', 'inactive pair', RIGHT],
    ['an inactive account beside one with another password', 'inactive and active', RIGHT],
    ['a name that is no name', 'a\0b', RIGHT],
  ] as const;

  it.each([
    ['for', 'one account at a time', refusals.filter(([, name]) => name !== 'pair')],
    ['also when', 'names mean several', refusals],
  ])('%s %s', async (_for, _what, classes) => {
    const { ask } = createWorld();
    for (const [, name, password] of classes) await ask(name, password);
    const times = [];
    for (const [what, name, password] of classes) {
      const { took, ...rest } = await ask(name, password);
      expect([what, rest]).toEqual([what, { userId: undefined, failures: 1 }]);
      times.push([what, took]);
    }
    expect(new Set(times.map(([, took]) => took)).size, JSON.stringify(times)).toBe(1);
  });

  it('for an address that CVAT lets nobody in by, whoever has it', async () => {
    const { ask } = createWorld();
    await ask('nobody', RIGHT);
    const { took } = await ask('nobody', RIGHT);
    expect(await ask('pair', RIGHT, true)).toEqual({ took, userId: undefined, failures: 1 });
    expect(await ask('nobody', RIGHT)).toEqual({ took, userId: undefined, failures: 1 });
  });
});

it('the right password lets the active account in beside an inactive one', async () => {
  const { ask } = createWorld();
  expect(await ask('active', RIGHT)).toEqual({ took: 200, userId: 1, failures: 0 });
  expect((await ask('inactive and active', 'other')).userId).toBe(11);
});
