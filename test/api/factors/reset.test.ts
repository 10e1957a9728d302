import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { factorActions } from '../../support/factor-actions.js';
import { countFactorRows, insertKey } from '../../support/factor-rows.js';
import { subjectOf, useMailbox } from '../../support/mailbox.js';
import { hasToken } from '../../support/rows.js';
import { sessionActions } from '../../support/session-actions.js';
import { useWorld } from '../../support/world.js';

/** `/api/users/{id}/factors`: what administrators do for people who have lost their app. */

const mailbox = useMailbox();
const app = useTestApp(() => ({ env: mailbox.env }));
const world = useWorld(app);
const { signIn, signInAgain, enrol, renew, nextCode } = factorActions(app);
const { statusOf } = sessionActions(app);

const pathOf = (id: number) => `/api/users/${id}/factors`;
const mailsOf = async (email: string) =>
  (await mailbox.collect(app)).filter(({ recipients }) => recipients.includes(email)).map(subjectOf);

describe('an administrator', () => {
  it('sees the second factors of an account, without anything that is secret', async () => {
    const { account } = await enrol();
    await insertKey(app.db, account.id, 'Blue key');
    for (const client of [world.admin, world.groupAdmin]) {
      const { status, body } = await client.get(pathOf(account.id));
      expect(status).toBe(200);
      expect(body).toEqual({
        totp: { enabled: true, created_date: expect.any(String) },
        recovery_codes: { remaining: 10 },
        webauthn: [
          {
            id: expect.any(Number),
            name: 'Blue key',
            created_date: expect.any(String),
            last_used_date: null,
          },
        ],
      });
    }
  });

  it('removes all of them, which ends all sessions and the API token and tells the owner', async () => {
    const { account, browser, secret } = await enrol();
    await insertKey(app.db, account.id, 'Blue key');
    const other = await signInAgain({ account, secret });
    await mailbox.collect(app);
    expect((await world.admin.send('DELETE', pathOf(account.id))).status).toBe(204);
    expect(await countFactorRows(app.db, account.id)).toBe(0);
    expect([await statusOf(browser), await statusOf(other)]).toEqual([401, 401]);
    expect(await hasToken(app.db, account.id)).toBe(false);
    expect(await mailsOf(account.email)).toEqual(['The second factor of your account was removed']);
    expect((await enrol(account)).recoveryCodes).toHaveLength(10);
  });

  it('removes an app that was not confirmed, and ends nothing of an account without factors', async () => {
    const account = await app.register();
    const browser = await signIn(account);
    await browser.send('/api/auth/factors/totp', { method: 'POST' });
    await mailbox.collect(app);
    for (let count = 0; count < 2; count += 1)
      expect((await world.admin.send('DELETE', pathOf(account.id))).status).toBe(204);
    expect(await countFactorRows(app.db, account.id)).toBe(0);
    expect([await statusOf(browser), await hasToken(app.db, account.id)]).toEqual([200, true]);
    expect(await mailsOf(account.email)).toEqual([]);
  });

  it('does not remove their own in this way: a stolen session must not', async () => {
    for (const client of [world.admin, world.groupAdmin]) {
      const answer = await client.send('DELETE', pathOf(client.id));
      expect([answer.status, answer.body]).toEqual([
        403,
        { detail: 'Your own second factors are removed with a code of them.' },
      ]);
    }
  });

  it('finds none of an account that is not there', async () => {
    for (const method of ['GET', 'DELETE'])
      for (const id of [2_000_000, 'x', 'self'])
        expect((await world.admin.send(method, `/api/users/${id}/factors`)).status).toBe(404);
  });

  it('removes them while their owner uses a code: one of both comes first, and nothing is left', async () => {
    const { account, browser, secret } = await enrol();
    const code = nextCode(secret);
    const [used, removed] = await Promise.all([
      renew(browser, code),
      world.admin.send('DELETE', pathOf(account.id)),
    ]);
    expect([201, 400, 401]).toContain(used.status);
    expect(removed.status).toBe(204);
    expect(await countFactorRows(app.db, account.id)).toBe(0);
  });
});

describe('nobody else', () => {
  it('sees or removes the factors of others, whatever their role in an organization', async () => {
    const { worker, acme } = world;
    for (const client of [world.owner, world.maintainer, world.stranger, world.nobody])
      for (const method of ['GET', 'DELETE'])
        for (const query of ['', `?org=${acme.slug}`])
          expect((await client.send(method, pathOf(worker.id) + query)).status).toBe(403);
  });

  it('removes their own without a code, and everybody sees their own', async () => {
    const { account, browser } = await enrol();
    expect((await browser.send(pathOf(account.id))).status).toBe(200);
    expect((await browser.send(pathOf(account.id), { method: 'DELETE' })).status).toBe(403);
    expect(await countFactorRows(app.db, account.id)).toBe(11);
  });
});
