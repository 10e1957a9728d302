import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../../src/kernel/clock.js';
import { useTestApp } from '../../support/app.js';
import { codeAt, factorActions, STEP } from '../../support/factor-actions.js';
import { insertRecoveryCode, recoveryHashesOf, totpOf } from '../../support/factor-rows.js';
import { secondsUntilRetry, tallyOf } from '../../support/http.js';

/** Which codes count: once each, in their time, for their account, and after few guesses. */

const app = useTestApp();
const { confirm, remove, renew, codeOf, codesIn, stateOf, secretOf, signIn, enrol, nextCode } =
  factorActions(app);

const MANY = 12;
const times = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, work));

/** Moves the clock, which stands still, to a moment after the beginning of a step. */
function moveTo(offset: number): void {
  app.clock.stop();
  app.clock.advance(STEP - (app.clock.now() % STEP) + offset);
}

describe('a code of an app', () => {
  it('counts once: the one that confirmed it does not count again', async () => {
    const { browser, secret } = await enrol();
    const code = codeOf(secret);
    expect((await renew(browser, code)).status).toBe(400);
    expect((await remove(browser, code)).status).toBe(400);
    expect((await stateOf(browser)).totp.enabled).toBe(true);
  });

  it('counts once of many requests at once', async () => {
    const { browser, secret } = await enrol();
    const code = nextCode(secret);
    const answers = await times(MANY, () => renew(browser, code));
    const tally = tallyOf(answers);
    expect(tally[201]).toBe(1);
    expect((tally[400] ?? 0) + (tally[429] ?? 0)).toBe(MANY - 1);
    expect(tally[400]).toBeLessThanOrEqual(5);
  });

  it('removes the app once of many requests at once', async () => {
    const { browser, secret } = await enrol();
    const code = nextCode(secret);
    const answers = await times(MANY, () => remove(browser, code));
    expect(tallyOf(answers)[204]).toBe(1);
  });

  it('uses up the codes before it', async () => {
    const { browser, secret } = await enrol();
    const earlier = nextCode(secret);
    expect((await renew(browser, codeOf(secret, 1))).status).toBe(201);
    expect((await renew(browser, earlier)).status).toBe(400);
  });

  it('counts from one step before its own to one step after it, to the millisecond', async () => {
    const attempt = async (offset: number): Promise<number> => {
      moveTo(offset);
      const now = app.clock.now();
      const browser = await signIn(await app.register());
      const secret = await secretOf(browser);
      // Of the step that began, or begins, at the offset 0.
      const { status } = await confirm(browser, codeAt(secret, now - offset));
      app.clock.go();
      return status;
    };
    expect(await attempt(-STEP)).toBe(200);
    expect(await attempt(-STEP - 1)).toBe(400);
    expect(await attempt(0)).toBe(200);
    expect(await attempt(2 * STEP - 1)).toBe(200);
    expect(await attempt(2 * STEP)).toBe(400);
  });

  it('of another account does not count', async () => {
    const [mine, other] = [await enrol(), await enrol()];
    app.clock.advance(STEP);
    expect((await renew(mine.browser, codeOf(other.secret))).status).toBe(400);
    expect((await renew(mine.browser, other.recoveryCodes[0] ?? '')).status).toBe(400);
    expect((await renew(other.browser, codeOf(other.secret))).status).toBe(201);
  });
});

describe('a recovery code', () => {
  it('counts once', async () => {
    const { account, browser, recoveryCodes } = await enrol();
    const [first = '', second = ''] = recoveryCodes;
    await renew(browser, first);
    for (const code of [first, second])
      await insertRecoveryCode(app.db, { userId: account.id, code, created: new Date() });
    expect((await stateOf(browser)).recovery_codes.remaining).toBe(12);
    expect((await renew(browser, first)).status).toBe(201);
    expect((await renew(browser, second)).status).toBe(400);
  });

  it('counts once of many requests at once', async () => {
    const { browser, recoveryCodes } = await enrol();
    const answers = await times(MANY, () => renew(browser, recoveryCodes[0] ?? ''));
    expect(tallyOf(answers)[201]).toBe(1);
    const given = answers.filter(({ status }) => status === 201).flatMap(codesIn);
    expect(given).toHaveLength(10);
  });

  it('is stored as a hash of it and its account, and shown once', async () => {
    const { account, recoveryCodes } = await enrol();
    const hashes = await recoveryHashesOf(app.db, account.id);
    expect(hashes).toHaveLength(10);
    for (const hash of hashes) expect(hash).toHaveLength(32);
    const stored = Buffer.concat([...hashes]).toString('latin1');
    for (const code of recoveryCodes) expect(stored).not.toContain(code);
  });
});

describe('guesses', () => {
  it('are refused after five wrong ones, also the right code, with 429 and the wait', async () => {
    const { browser, secret, recoveryCodes } = await enrol();
    const right = nextCode(secret);
    const statuses = [];
    for (let count = 0; count < 6; count += 1) statuses.push((await renew(browser, '000000')).status);
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429]);
    const answer = await renew(browser, right);
    expect(answer.status).toBe(429);
    const wait = secondsUntilRetry(answer, app.clock.now());
    expect(wait).toBeGreaterThan(800);
    expect(wait).toBeLessThanOrEqual(900);
    expect(answer.json()).toEqual({
      detail: expect.stringMatching(/^Request was throttled\. Expected available in [89]\d\d seconds\.$/),
    });
    expect((await renew(browser, recoveryCodes[0] ?? '')).status).toBe(429);
    expect((await remove(browser, right)).status).toBe(429);
  });

  it('count together, of all operations and of both kinds of codes', async () => {
    const { browser } = await enrol();
    for (const guess of ['000000', '00000-00000-00000', 'hello', '1'])
      expect((await renew(browser, guess)).status).toBe(400);
    expect((await remove(browser, '000001')).status).toBe(400);
    expect((await remove(browser, '000002')).status).toBe(429);
  });

  it('count when an app is being set up, too', async () => {
    const browser = await signIn(await app.register());
    const secret = await secretOf(browser);
    for (let count = 0; count < 5; count += 1) expect((await confirm(browser, '000000')).status).toBe(400);
    expect((await confirm(browser, codeOf(secret))).status).toBe(429);
  });

  it('that are sent at once are five, and the right one among the others is refused', async () => {
    const { browser, secret } = await enrol();
    const right = nextCode(secret);
    const wrong = await times(20, () => renew(browser, '000000'));
    expect(tallyOf(wrong)).toEqual({ 400: 5, 429: 15 });
    expect((await renew(browser, right)).status).toBe(429);
  });

  it('are possible again after 15 minutes', async () => {
    const { browser, secret } = await enrol();
    for (let count = 0; count < 5; count += 1) await renew(browser, '000000');
    app.clock.advance(15 * MINUTE - 5 * SECOND);
    expect((await renew(browser, codeOf(secret))).status).toBe(429);
    app.clock.advance(6 * SECOND);
    expect((await renew(browser, codeOf(secret))).status).toBe(201);
  });

  it('of one account leave the others alone, and right codes count for no limit', async () => {
    const [mine, other] = [await enrol(), await enrol()];
    for (let count = 0; count < 6; count += 1) await renew(mine.browser, '000000');
    for (let count = 0; count < 7; count += 1)
      expect((await renew(other.browser, nextCode(other.secret))).status).toBe(201);
  });

  it('use nothing up', async () => {
    const { account, browser } = await enrol();
    const before = await totpOf(app.db, account.id);
    await renew(browser, '000000');
    expect(await totpOf(app.db, account.id)).toEqual(before);
    expect((await stateOf(browser)).recovery_codes.remaining).toBe(10);
  });
});
