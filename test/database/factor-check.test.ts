import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFactorCheck } from '../../src/features/factors/index.js';
import { ServiceUnavailable, Throttled } from '../../src/kernel/errors.js';
import { systemRandom } from '../../src/kernel/random.js';
import type { Database } from '../../src/platform/db/pool.js';
import { createSecretBox } from '../../src/platform/otp/secret-box.js';
import { base32Of } from '../../src/platform/otp/totp.js';
import { createMemoryRateStore } from '../../src/platform/throttle/rate-store.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { codeAt, STEP } from '../support/factor-actions.js';
import { insertRecoveryCode, insertTotp, totpOf } from '../support/factor-rows.js';
import { insertUser } from '../support/rows.js';

/** What signing in asks: whether a code counts. */

const SECRET = Buffer.from('12345678901234567890');
const RECOVERY_CODE = '01234-56789-abcde';

let test: TestDatabase;
let db: Database;
let userId = 0;
let now = 1_800_000_000_000;
let people = 0;
const clock = { now: () => now };

const boxOf = (key: string) => createSecretBox({ secretKey: () => key, random: systemRandom });
const checkWith = (key: string) =>
  createFactorCheck({ db, clock, rates: createMemoryRateStore(clock), box: boxOf(key) });
const codeOf = (steps = 0) => codeAt(base32Of(SECRET), now + steps * STEP);
const give = (isConfirmed: boolean) =>
  insertTotp(db, {
    userId,
    secret: boxOf('key').seal(userId, SECRET),
    created: new Date(now),
    isConfirmed,
  });

beforeAll(async () => {
  test = await createTestDatabase();
  db = test.db;
});
beforeEach(async () => {
  now += 10 * STEP;
  people += 1;
  userId = await insertUser(db, { username: `person${people}`, password: '!' });
});
afterAll(() => test.drop());

describe('a code at the sign-in', () => {
  it('of the app counts once, and uses up the earlier ones', async () => {
    await give(true);
    const { verifyFactor } = checkWith('key');
    expect(await verifyFactor(userId, codeOf())).toBe('totp');
    expect(await verifyFactor(userId, codeOf())).toBeUndefined();
    expect(await verifyFactor(userId, codeOf(-1))).toBeUndefined();
    expect(await verifyFactor(userId, codeOf(1))).toBe('totp');
  });

  it('counts once for two processes that know nothing of each other', async () => {
    await give(true);
    const results = await Promise.all(
      [checkWith('key'), checkWith('key')].map(({ verifyFactor }) => verifyFactor(userId, codeOf())),
    );
    expect(results.filter((kind) => kind === 'totp')).toHaveLength(1);
  });

  it('can be a recovery code, which counts once', async () => {
    await give(true);
    await insertRecoveryCode(db, { userId, code: RECOVERY_CODE, created: new Date(now) });
    const { verifyFactor, factorsOf } = checkWith('key');
    expect((await factorsOf(userId)).recoveryCodes).toBe(1);
    expect(await verifyFactor(userId, RECOVERY_CODE)).toBe('recovery');
    expect(await verifyFactor(userId, RECOVERY_CODE)).toBeUndefined();
    expect((await factorsOf(userId)).recoveryCodes).toBe(0);
  });

  it('of an app that is not confirmed does not count', async () => {
    await give(false);
    const { verifyFactor, factorsOf } = checkWith('key');
    expect(await verifyFactor(userId, codeOf())).toBeUndefined();
    expect((await factorsOf(userId)).totpSince).toBeNull();
  });

  it('of an account that is not there, or has no factor, does not count', async () => {
    const { verifyFactor, factorsOf } = checkWith('key');
    expect(await verifyFactor(userId, codeOf())).toBeUndefined();
    expect(await verifyFactor(2_000_000, codeOf())).toBeUndefined();
    expect(await factorsOf(2_000_000)).toEqual({ totpSince: null, recoveryCodes: 0, keys: [] });
  });

  it('is refused after five wrong ones in 15 minutes, even if it is right', async () => {
    await give(true);
    const { verifyFactor } = checkWith('key');
    const guesses = await Promise.allSettled(
      Array.from({ length: 12 }, () => verifyFactor(userId, '000000')),
    );
    const refusals = guesses.filter(({ status }) => status === 'rejected');
    expect(refusals).toHaveLength(7);
    await expect(verifyFactor(userId, codeOf())).rejects.toThrow(Throttled);
    now += 15 * 60_000;
    expect(await verifyFactor(userId, codeOf())).toBe('totp');
  });

  it('of a secret that was stored with another secret key is unavailable, and counts for no limit', async () => {
    await give(true);
    await insertRecoveryCode(db, { userId, code: RECOVERY_CODE, created: new Date(now) });
    const { verifyFactor } = checkWith('another key');
    for (let count = 0; count < 6; count += 1) {
      const error = await verifyFactor(userId, codeOf()).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ServiceUnavailable);
      expect(error).toMatchObject({ status: 503, code: 'second_factor_unreadable' });
    }
    expect((await totpOf(db, userId))?.lastStep).toBeNull();
    expect(await verifyFactor(userId, RECOVERY_CODE)).toBe('recovery');
  });
});
