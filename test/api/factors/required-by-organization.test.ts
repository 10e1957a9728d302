import { beforeEach, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { type Enrolled, factorActions } from '../../support/factor-actions.js';
import type { Browser } from '../../support/http.js';
import {
  insertMembership,
  insertOrganization,
  removeMember,
  requireFactorsIn,
  suspendMember,
} from '../../support/organization-rows.js';
import { readUser } from '../../support/rows.js';
import { eventsOf } from '../../support/sign-on.js';

/** Organizations that require a second factor of their members. */

const app = useTestApp();
const withoutFactors = useTestApp({ env: { MFA_TOTP: 'false', MFA_WEBAUTHN: 'false' } });
const { enrol, nextCode } = factorActions(app);

interface Member extends TestAccount {
  readonly memberId: number;
}

let counter = 0;
let owner: Enrolled;
let member: Member;
let organization: number;
let path: string;

async function join(role: string, isActive = true): Promise<Member> {
  const account = await app.register();
  const { id: memberId } = await readUser(app.db, account.username);
  await insertMembership(app.db, { organizationId: organization, userId: memberId, role, isActive });
  return { ...account, memberId };
}

const change = (by: Pick<Browser, 'send'>, required: unknown, headers = {}) =>
  by.send(path, { method: 'PATCH', body: { required }, headers });
const stand = async ({ authorization }: TestAccount): Promise<number> =>
  (await app.send('/api/users/self', { headers: authorization })).status;

beforeEach(async () => {
  owner = await enrol();
  const { id } = await readUser(app.db, owner.account.username);
  counter += 1;
  organization = await insertOrganization(app.db, `strict${counter}`, id);
  path = `/api/organizations/${organization}/factor_requirement`;
  member = await join('worker');
});

describe('An organization that requires a second factor', () => {
  it('asks it of its members from the next request on, in the organization and outside of it', async () => {
    const bystander = await app.register();
    expect(await stand(member)).toBe(200);
    const answer = await change(owner.browser, true);
    expect([answer.status, answer.json()]).toEqual([
      200,
      { required: true, created_date: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
    expect(await stand(member)).toBe(403);
    const login = await app.send('/api/auth/login', {
      method: 'POST',
      body: { username: member.username, password: member.password },
    });
    expect(login.status).toBe(400);
    expect((await owner.browser.send('/api/users/self')).status).toBe(200);
    expect(await stand(bystander)).toBe(200);
    expect(eventsOf(app, 'organization.factor_requirement_changed')).toContainEqual(
      expect.objectContaining({ organization }),
    );
  });

  it('lets members go on who set one up, who leave, or once it requires none any more', async () => {
    const [leaver, other] = [await join('maintainer'), await join('supervisor')];
    await change(owner.browser, true);
    expect([await stand(member), await stand(leaver), await stand(other)]).toEqual([403, 403, 403]);
    const browser = app.browser();
    const { username, password } = member;
    await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
    await browser.send('/api/auth/login/code', { method: 'POST', body: {} });
    const { secretOf, confirm, codeOf } = factorActions(app);
    expect((await confirm(browser, codeOf(await secretOf(browser)))).status).toBe(200);
    expect((await browser.send(path)).json()).toMatchObject({ required: true });
    await removeMember(app.db, organization, leaver.memberId);
    expect([await stand(leaver), await stand(other)]).toEqual([200, 403]);
    const ended = await change(owner.browser, false);
    expect([ended.status, ended.json()]).toEqual([200, { required: false, created_date: null }]);
    expect(await stand(other)).toBe(200);
  });

  it('asks nothing of people who are invited, or whose membership is suspended', async () => {
    const invited = await join('worker', false);
    await change(owner.browser, true);
    expect(await stand(invited)).toBe(200);
    await suspendMember(app.db, organization, member.memberId);
    expect(await stand(member)).toBe(200);
  });

  it('asks nothing any more when it is deleted', async () => {
    await change(owner.browser, true);
    expect(await stand(member)).toBe(403);
    const gone = await owner.browser.send(`/api/organizations/${organization}`, { method: 'DELETE' });
    expect(gone.status).toBe(204);
    expect(await stand(member)).toBe(200);
  });
});

describe('The requirement', () => {
  it('is seen by members, and changed by the owner alone', async () => {
    const maintainer = await join('maintainer');
    for (const { authorization } of [member, maintainer]) {
      const seen = await app.send(path, { headers: authorization });
      expect([seen.status, seen.json()]).toEqual([200, { required: false, created_date: null }]);
      expect((await change(app, true, authorization)).status).toBe(403);
    }
    const stranger = await app.register();
    expect((await app.send(path, { headers: stranger.authorization })).status).toBe(404);
    expect((await change(app, true, stranger.authorization)).status).toBe(404);
  });

  it('needs an owner with a second factor and a fresh proof of it', async () => {
    app.clock.advance(15 * 60_000);
    const stale = await change(owner.browser, true);
    expect(stale.json()).toMatchObject({ code: 'second_factor_needed' });
    await owner.browser.send('/api/auth/factors/proof', {
      method: 'POST',
      body: { code: nextCode(owner.secret) },
    });
    expect((await change(owner.browser, true)).status).toBe(200);
    const plain = await app.register();
    organization = await insertOrganization(
      app.db,
      `plain${counter}`,
      (await readUser(app.db, plain.username)).id,
    );
    const refused = await app.send(`/api/organizations/${organization}/factor_requirement`, {
      method: 'PATCH',
      body: { required: true },
      headers: plain.authorization,
    });
    expect([refused.status, refused.json()]).toEqual([
      400,
      { required: ['Set up a second factor of your own first.'] },
    ]);
  });

  it('stays as it is without the field, and is refused as anything but true or false', async () => {
    await change(owner.browser, true);
    const nothing = await owner.browser.send(path, { method: 'PATCH', body: {} });
    expect(nothing.json()).toMatchObject({ required: true });
    const wrong = await change(owner.browser, 'perhaps');
    expect([wrong.status, wrong.json()]).toEqual([400, { required: ['Must be a valid boolean.'] }]);
  });

  it('is refused on a server on which nobody can set a second factor up, and has no force there', async () => {
    const account = await withoutFactors.register();
    const { id } = await readUser(withoutFactors.db, account.username);
    const acme = await insertOrganization(withoutFactors.db, 'acme', id);
    const refused = await withoutFactors.send(`/api/organizations/${acme}/factor_requirement`, {
      method: 'PATCH',
      body: { required: true },
      headers: account.authorization,
    });
    expect([refused.status, refused.json()]).toEqual([
      400,
      { required: ['People cannot set up second factors on this server.'] },
    ]);
    // It was required before both kinds of factors were turned off.
    await requireFactorsIn(withoutFactors.db, acme);
    const seen = await withoutFactors.send(`/api/organizations/${acme}/factor_requirement`, {
      headers: account.authorization,
    });
    expect([seen.status, seen.json()]).toMatchObject([200, { required: true }]);
  });
});
