import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type AccessTokenDeps,
  createAccessTokenCheck,
  hashAccessToken,
  type TokenUse,
} from '../../../src/authentication/access-tokens.js';
import type { AccessTokenIdentity } from '../../../src/authentication/identity.js';
import { createAccessTokens } from '../../../src/features/access-tokens/index.js';
import { HOUR } from '../../../src/kernel/clock.js';
import { cvatReleaseOf, DEFAULT_CVAT_VERSION } from '../../../src/kernel/cvat-release.js';
import { systemRandom } from '../../../src/kernel/random.js';
import type { Database } from '../../../src/platform/db/pool.js';

const KEY = `cvatests.${'k'.repeat(32)}`;
const NOW = Date.UTC(2026, 0, 31);

const account = {
  id: 1,
  username: 'maria',
  firstName: '',
  lastName: '',
  email: '',
  isActive: true,
  isStaff: false,
  isSuperuser: false,
  groups: [],
  lastLogin: null,
  hasAnalyticsAccess: false,
  dateJoined: '2026-01-01T00:00:00Z',
};

describe('the last use of a personal access token', () => {
  let uses: TokenUse[];
  let finish: ((error?: Error) => void)[];
  let errors: unknown[];
  let upgrades: unknown[];
  beforeEach(() => {
    [uses, finish, errors, upgrades] = [[], [], [], []];
  });

  const found: AccessTokenIdentity = {
    account,
    organization: null,
    password: '!',
    lineage: null,
    hasVerifiedEmail: false,
    awaitsProof: false,
    hasFactor: false,
    lacksFactor: false,
    token: { id: 5, hashedKey: hashAccessToken(KEY), readOnly: true, lastUsedAt: null, boundTo: null },
  };

  const legacy = { ...found, token: { ...found.token, hashedKey: 'pbkdf2_sha256$1$salt$hash' } };

  function check(identity: AccessTokenIdentity = found) {
    const deps: AccessTokenDeps = {
      identities: { byAccessTokenPrefix: async () => identity },
      passwords: { verify: async () => ({ valid: true, needsRehash: false }) },
      clock: { now: () => NOW },
      stalePeriodSeconds: 100,
      lastUseIntervalSeconds: 10,
      recordUse: (use) => {
        uses.push(use);
        return new Promise<void>((resolve, reject) => {
          finish.push((error) => (error === undefined ? resolve() : reject(error)));
        });
      },
      upgradeHash: async (...change) => upgrades.push(change),
      onWriteError: (error) => errors.push(error),
    };
    return createAccessTokenCheck(deps);
  }
  const use = (one: ReturnType<typeof check>) =>
    one(KEY, { kind: 'absent' }, { address: '203.0.113.7', signal: new AbortController().signal });

  it('is written once at a time, and no request waits for it', async () => {
    const one = check();
    const callers = await Promise.all(Array.from({ length: 1000 }, () => use(one)));
    expect(callers).toHaveLength(1000);
    expect(uses).toEqual([{ tokenId: 5, previous: null, now: new Date(NOW), address: '203.0.113.7' }]);
    finish[0]?.();
    await vi.waitFor(async () => {
      await use(one);
      expect(uses).toHaveLength(2);
    });
  });

  it('is written beside the new hash, where the key is kept in an old form', async () => {
    const one = check(legacy);
    await Promise.all([use(one), use(one)]);
    await vi.waitFor(() => expect(finish).toHaveLength(1));
    expect(upgrades).toEqual([[5, legacy.token.hashedKey, hashAccessToken(KEY)]]);
    expect(uses).toEqual([{ tokenId: 5, previous: null, now: new Date(NOW), address: '203.0.113.7' }]);
  });

  it('can be waited for, by the request that notes it and by those meanwhile', async () => {
    const one = check();
    const callers = await Promise.all([use(one), use(one)]);
    const noted = callers.map(({ credential }) =>
      credential.kind === 'access-token' ? credential.useNoted.then(() => 'noted') : 'no token',
    );
    const early = Promise.race([...noted, new Promise((resolve) => setTimeout(resolve, 20, 'waiting'))]);
    expect(await early).toBe('waiting');
    finish[0]?.();
    expect(await Promise.all(noted)).toEqual(['noted', 'noted']);
  });

  it('that cannot be written is logged, fails no request, and is tried again', async () => {
    const one = check();
    await use(one);
    finish[0]?.(new Error('read-only'));
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    await vi.waitFor(async () => {
      expect((await use(one)).account.id).toBe(1);
      expect(uses).toHaveLength(2);
    });
  });
});

describe('the clean-up of personal access tokens', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('runs every hour from the start to the stop, and goes on after a failure', async () => {
    vi.useFakeTimers();
    const outcomes: unknown[] = [];
    const transaction = async () => {
      if (outcomes.length === 1) throw new Error('down');
      return 7;
    };
    const db = { transaction } as unknown as Database;
    const tokens = createAccessTokens({
      db,
      clock: { now: () => NOW },
      random: systemRandom,
      release: cvatReleaseOf(DEFAULT_CVAT_VERSION),
      stalePeriodSeconds: 100,
      unusableTtlSeconds: 100,
      maximumPerUser: 5,
      onPurged: (count) => outcomes.push(count),
      onPurgeError: () => outcomes.push('failed'),
    });
    tokens.start();
    await vi.advanceTimersByTimeAsync(3 * HOUR);
    expect(outcomes).toEqual([7, 'failed', 7]);
    tokens.stop();
    await vi.advanceTimersByTimeAsync(3 * HOUR);
    expect(outcomes).toHaveLength(3);
  });
});
