import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SECURITY_EVENTS } from '../../../src/kernel/security-events.js';
import { useTestApp } from '../../support/app.js';
import { factorActions } from '../../support/factor-actions.js';
import { basicAuth } from '../../support/http.js';
import { linkOf, useMailbox } from '../../support/mailbox.js';
import { sessionActions } from '../../support/session-actions.js';
import { useWorld } from '../../support/world.js';

/** What an operator's tools see of identities and rights: the names are a promise (docs/security-events.md). */

const mailbox = useMailbox();
const app = useTestApp(() => ({
  env: { ...mailbox.env, MAIL_REQUESTS_PER_CLIENT: '12/hour', ORG_INVITATION_CONFIRM: 'true' },
}));
const world = useWorld(app);

const PASSWORD = 'Wiesel-42-quarks';
const NEW = 'Otter-43-leptons';

interface EventLine {
  readonly event: string;
  readonly request: string;
  readonly user: number | null;
  readonly client: string;
  readonly [field: string]: unknown;
}

/** Runs requests. @returns the events that they left in the log, without what every event has */
async function during(work: () => Promise<unknown>): Promise<readonly object[]> {
  const before = app.logs.length;
  await work();
  const lines = app.logs.slice(before).map((line) => JSON.parse(line) as Partial<EventLine>);
  return lines
    .filter((line): line is EventLine => line.event !== undefined)
    .map(({ request, client, level: _level, time: _time, msg, ...event }) => {
      expect(request).toMatch(/^[0-9a-f-]{36}$/);
      expect(client).toBe('127.0.0.1');
      expect(msg).toBe(SECURITY_EVENTS[event.event as keyof typeof SECURITY_EVENTS]);
      return event;
    });
}

const logIn = (username: string, password: string) =>
  app.send('/api/auth/login', { method: 'POST', body: { username, password } });

describe('events', () => {
  it('are documented by exactly the names that the server has', () => {
    const page = readFileSync(new URL('../../../docs/security-events.md', import.meta.url), 'utf8');
    const named = [...page.matchAll(/^\| `([a-z_]+\.[a-z_]+)` \|/gm)].map(([, name]) => name);
    expect(named).toEqual(Object.keys(SECURITY_EVENTS));
  });

  it('tell of logins: whose, by which way, and why not', async () => {
    const { id, username } = await app.register();
    const good = { event: 'login.succeeded', account: id, way: 'login' };
    expect(await during(() => logIn(username, PASSWORD))).toEqual([{ ...good, user: id }]);
    const wrong = { event: 'login.failed', user: null, way: 'login' };
    expect(await during(() => logIn(username, 'x'))).toEqual([
      { ...wrong, account: id, reason: 'the password is wrong' },
    ]);
    expect(await during(() => logIn('NoSuchPerson-hunter2', 'x'))).toEqual([
      { ...wrong, account: null, reason: 'no account has the name' },
    ]);
    await world.admin.send('PATCH', `/api/users/${id}`, { is_active: false });
    expect(await during(() => logIn(username, PASSWORD))).toEqual([
      { ...wrong, account: id, reason: 'the account is inactive' },
    ]);
  });

  it('tell of Basic once for each real comparison', async () => {
    const { id, basic } = await app.register();
    const ask = (headers: { readonly Authorization: string }) => app.send('/api/users/self', { headers });
    const events = await during(async () => {
      await ask(basic);
      await ask(basic);
    });
    expect(events).toEqual([{ event: 'login.succeeded', user: null, account: id, way: 'basic' }]);
    expect(await during(() => ask({ Authorization: basicAuth('nobody-there', 'x') }))).toEqual([
      { event: 'login.failed', user: null, account: null, way: 'basic', reason: 'no account has the name' },
    ]);
  });

  it('tell of tokens that are not good, and of forged requests of a session', async () => {
    const ask = (Authorization: string) => app.send('/api/users/self', { headers: { Authorization } });
    const refused = { event: 'credential.refused', user: null, reason: 'Invalid token.' };
    expect(await during(() => ask(`Token ${'0'.repeat(40)}`))).toEqual([{ ...refused, way: 'token' }]);
    expect(await during(() => ask('Bearer abcdefgh.x'))).toEqual([{ ...refused, way: 'access-token' }]);
    const { id, username } = await app.register();
    const browser = app.browser();
    await browser.send('/api/auth/login', { method: 'POST', body: { username, password: PASSWORD } });
    const forged = () =>
      app.send('/api/organizations', {
        method: 'POST',
        headers: { Cookie: browser.cookieHeader() },
        body: { slug: 'forged' },
      });
    expect(await during(forged)).toEqual([
      { event: 'csrf.refused', user: null, account: id, way: 'session' },
    ]);
    expect(await during(() => browser.send('/api/auth/logout', { method: 'POST' }))).toEqual([
      { event: 'session.ended', user: id, account: id },
    ]);
  });

  it('tell of second factors: added, refused, replaced, removed by their owner and by an administrator', async () => {
    const { signIn, secretOf, confirm, renew, remove, enrol, nextCode, codesIn } = factorActions(app);
    const account = await app.register();
    const browser = await signIn(account);
    const mine = { user: account.id, account: account.id };
    const secret = await secretOf(browser);
    expect(await during(() => confirm(browser, '000000'))).toEqual([{ event: 'factor.refused', ...mine }]);
    expect(await during(() => confirm(browser, nextCode(secret)))).toEqual([
      { event: 'factor.added', ...mine },
    ]);
    let codes: readonly string[] = [];
    const renewing = async () => {
      codes = codesIn(await renew(browser, nextCode(secret)));
    };
    expect(await during(renewing)).toEqual([{ event: 'recovery_codes.replaced', ...mine }]);
    expect(await during(() => remove(browser, codes[0] ?? ''))).toEqual([
      { event: 'recovery_code.used', ...mine },
      { event: 'factor.removed', ...mine },
    ]);
    const path = `/api/users/${account.id}/factors`;
    await enrol(account);
    expect(await during(() => world.admin.send('DELETE', path))).toEqual([
      { event: 'factor.reset', user: world.admin.id, account: account.id },
    ]);
    expect(await during(() => world.admin.send('DELETE', path))).toEqual([]);
  });

  it('tell of too many wrong codes of a second factor', async () => {
    const { enrol, renew } = factorActions(app);
    const { account, browser } = await enrol();
    for (let count = 0; count < 5; count += 1) await renew(browser, '000000');
    expect(await during(() => renew(browser, '000000'))).toEqual([
      { event: 'limit.met', user: account.id, limit: 'second_factor_failures' },
    ]);
  });

  it('tell of sessions that were ended from a list, by their owner and by an administrator', async () => {
    const account = await app.register();
    const { signIn, currentOf, end, endOthers } = sessionActions(app);
    const [first, second] = [await signIn(account), await signIn(account)];
    const of = { account: account.id };
    const mine = { ...of, user: account.id };
    const { id } = await currentOf(first);
    expect(await during(() => end(second, id))).toEqual([{ event: 'session.revoked', ...mine }]);
    expect(await during(() => end(second, id))).toEqual([]);
    expect(await during(() => endOthers(second))).toEqual([{ event: 'session.all_revoked', ...mine }]);
    const all = `/api/users/${account.id}/sessions`;
    const by = { ...of, user: world.admin.id };
    const { id: left } = await currentOf(second);
    expect(await during(() => world.admin.send('DELETE', `${all}/${left}`))).toEqual([
      { event: 'session.revoked', ...by },
    ]);
    expect(await during(() => world.admin.send('DELETE', all))).toEqual([
      { event: 'session.all_revoked', ...by },
    ]);
  });

  it('tell of accounts: made, changed, shut, opened and removed', async () => {
    const { id: admin } = world.admin;
    const change = (id: number, body: object) =>
      during(() => world.admin.send('PATCH', `/api/users/${id}`, body));
    let id = 0;
    const made = await during(async () => {
      const answer = await world.admin.send('POST', '/api/users', {
        username: 'eventful',
        password: PASSWORD,
      });
      id = (answer.body as { id: number }).id;
    });
    const by = { user: admin, account: id };
    expect(made).toEqual([{ event: 'account.created', ...by }]);
    expect(await change(id, { first_name: 'Eve' })).toEqual([]);
    expect(await change(id, { email: 'eve@example.org' })).toEqual([{ event: 'email.changed', ...by }]);
    expect(await change(id, { groups: ['worker'] })).toEqual([{ event: 'account.rights_changed', ...by }]);
    expect(await change(id, { is_staff: true })).toEqual([{ event: 'account.rights_changed', ...by }]);
    expect(await change(id, { is_active: false })).toEqual([{ event: 'account.deactivated', ...by }]);
    expect(await change(id, { is_active: true })).toEqual([{ event: 'account.activated', ...by }]);
    expect(await during(() => world.admin.send('POST', `/api/users/${id}/api_token`))).toEqual([
      { event: 'api_token.rotated', ...by },
    ]);
    expect(await during(() => world.admin.send('DELETE', `/api/users/${id}/api_token`))).toEqual([
      { event: 'api_token.revoked', ...by },
    ]);
    expect(await during(() => world.admin.send('DELETE', `/api/users/${id}`))).toEqual([
      { event: 'account.removed', ...by },
    ]);
  });

  it('tell of passwords and addresses', async () => {
    const account = await app.register();
    const { id, email, authorization } = account;
    await during(() => app.send('/api/auth/password/reset', { method: 'POST', body: { email } }));
    const link = new URL(linkOf(await mailbox.receive(app, email)), 'http://x');
    const reset = () =>
      app.send('/api/auth/password/reset/confirm', {
        method: 'POST',
        body: { ...Object.fromEntries(link.searchParams), new_password1: NEW, new_password2: NEW },
      });
    expect(await during(reset)).toEqual([{ event: 'password.reset', user: null, account: id, way: 'link' }]);
    const key = ((await logIn(account.username, NEW)).json() as { key: string }).key;
    const headers = { Authorization: `Token ${key}` };
    expect(authorization.Authorization).not.toBe(headers.Authorization);
    const requestChange = () =>
      app.send('/api/auth/email/change', {
        method: 'POST',
        headers,
        body: { password: NEW, email: 'moved@example.org' },
      });
    await mailbox.collect(app);
    expect(await during(requestChange)).toEqual([{ event: 'email.change_requested', user: id, account: id }]);
    const confirm = linkOf(await mailbox.receive(app, 'moved@example.org'));
    expect(await during(() => app.send(confirm))).toEqual([
      { event: 'email.changed', user: null, account: id, way: 'link' },
    ]);
    const changed = () =>
      app.send('/api/auth/password/change', {
        method: 'POST',
        headers,
        body: { old_password: NEW, new_password1: PASSWORD, new_password2: PASSWORD },
      });
    expect(await during(changed)).toEqual([{ event: 'password.changed', user: id, account: id }]);
  });

  it('tell of personal access tokens, and never the key', async () => {
    const { owner } = world;
    let [token, value] = [0, ''];
    const made = await during(async () => {
      const { body } = await owner.send('POST', '/api/auth/access_tokens', {
        name: 'robot',
        read_only: false,
      });
      ({ id: token, value } = body as { id: number; value: string });
    });
    const about = { user: owner.id, account: owner.id, accessToken: token };
    expect(made).toEqual([{ event: 'access_token.created', ...about }]);
    const path = `/api/auth/access_tokens/${token}`;
    expect(await during(() => owner.send('PATCH', path, { name: 'robot 2' }))).toEqual([
      { event: 'access_token.changed', ...about },
    ]);
    const denied = await during(() =>
      app.send('/api/users/self/api_token', {
        method: 'POST',
        headers: { Authorization: `Bearer ${value}` },
      }),
    );
    expect(denied).toEqual([
      {
        event: 'policy.denied',
        user: owner.id,
        package: 'users',
        scope: 'update:api_token',
        reason: 'the personal access token allows less than its owner may do',
      },
    ]);
    expect(await during(() => owner.send('DELETE', path))).toEqual([
      { event: 'access_token.revoked', ...about },
    ]);
    expect(app.logs.join('')).not.toContain(value.split('.')[1]);
  });

  it('tell of organizations and who is in them', async () => {
    const { owner, worker, stranger, acme } = world;
    const invited = await during(() =>
      owner.send('POST', `/api/invitations?org=${acme.slug}`, { role: 'worker', email: stranger.email }),
    );
    const about = { account: stranger.id, organization: acme.id };
    expect(invited).toEqual([{ event: 'invitation.created', user: owner.id, ...about, role: 'worker' }]);
    const { body } = await stranger.get('/api/invitations');
    const [{ key } = { key: '' }] = (body as { results: readonly { key: string }[] }).results;
    expect(await during(() => stranger.send('POST', `/api/invitations/${key}/accept`))).toEqual([
      { event: 'member.added', user: stranger.id, ...about, role: 'worker' },
    ]);
    expect(app.logs.join('')).not.toContain(key);
    const member = { account: worker.id, organization: acme.id, membership: worker.membershipId };
    const path = `/api/memberships/${worker.membershipId}`;
    expect(await during(() => owner.send('PATCH', path, { role: 'supervisor' }))).toEqual([
      { event: 'member.role_changed', user: owner.id, ...member, role: 'supervisor' },
    ]);
    expect(await during(() => owner.send('PATCH', path, { role: 'supervisor' }))).toEqual([]);
    expect(await during(() => stranger.send('DELETE', path))).toEqual([
      {
        event: 'policy.denied',
        user: stranger.id,
        package: 'memberships',
        scope: 'delete',
        organization: acme.id,
      },
    ]);
    expect(await during(() => owner.send('DELETE', path))).toEqual([
      { event: 'member.removed', user: owner.id, ...member },
    ]);
    const made = await during(() => stranger.send('POST', '/api/organizations', { slug: 'eventful' }));
    expect(made).toEqual([
      {
        event: 'organization.created',
        user: stranger.id,
        account: stranger.id,
        organization: expect.any(Number),
      },
    ]);
  });

  it('tell of limits, and are counted by name', async () => {
    const statuses: number[] = [];
    const events = await during(async () => {
      for (let i = 0; i < 14; i += 1) {
        const body = { email: `nobody${i}@example.org` };
        statuses.push((await app.send('/api/auth/password/reset', { method: 'POST', body })).status);
      }
    });
    expect(statuses.filter((status) => status === 429).length).toBe(events.length);
    expect(events[0]).toEqual({
      event: 'limit.met',
      user: null,
      limit: 'mail_requests_per_client',
    });
    const metrics = (await app.send('/metrics')).text;
    for (const name of Object.keys(SECURITY_EVENTS))
      expect(metrics).toContain(`security_events_total{event="${name}"} `);
    expect(metrics).toMatch(/security_events_total\{event="limit\.met"\} [1-9]/);
  });

  it('have nothing that somebody typed or keeps secret', () => {
    const lines = app.logs.join('\n');
    for (const secret of [PASSWORD, NEW, 'NoSuchPerson-hunter2', app.admin.password])
      expect(lines).not.toContain(secret);
  });
});
