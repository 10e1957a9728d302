import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { useMailbox } from '../../support/mailbox.js';
import { growthDuring, scrape } from '../../support/metrics.js';
import { ageMails, emptyOutbox, endMailPauses } from '../../support/outbox-rows.js';
import { insertAccessToken } from '../../support/rows.js';

const GUESSES = 3;
const AUTHENTICATIONS = 'cvat_auth_authentications_total';
const LIMITS = 'cvat_auth_limits_met_total';

const mailbox = useMailbox({
  onRcptTo: ({ address }, _session, callback) =>
    callback(
      address.startsWith('unknown') ? Object.assign(new Error('unknown'), { responseCode: 550 }) : null,
    ),
});
const app = useTestApp(() => ({
  env: {
    ...mailbox.env,
    LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: `${GUESSES}/hour`,
    MAIL_REQUESTS_PER_RECIPIENT: '2/hour',
  },
}));

let person: TestAccount;
beforeAll(async () => {
  person = await app.register();
});

const during = (work: () => Promise<unknown>) => growthDuring(app, work);
const login = (username: string, password: string) =>
  app.send('/api/auth/login', { method: 'POST', body: { username, password } });
const self = (headers: Readonly<Record<string, string>>) => app.send('/api/users/self', { headers });

describe('sign-ins', () => {
  it('count each login, right and wrong, and the sessions that they open', async () => {
    // Signing out ends the API token of the account.
    const { username, password } = await app.register();
    const grew = await during(async () => {
      const browser = app.browser();
      const body = { username, password };
      await browser.send('/api/auth/login', { method: 'POST', body });
      await browser.send('/api/auth/login', { method: 'POST', body });
      await browser.send('/api/auth/logout', { method: 'POST' });
      await login('nobody-there', 'wrong');
    });
    expect(grew(AUTHENTICATIONS, { way: 'login', outcome: 'succeeded' })).toBe(2);
    expect(grew(AUTHENTICATIONS, { way: 'login', outcome: 'refused' })).toBe(1);
    expect(grew('cvat_auth_sessions_opened_total')).toBe(2);
    expect(grew('cvat_auth_sessions_ended_total', { reason: 'replaced' })).toBe(1);
    expect(grew('cvat_auth_sessions_ended_total', { reason: 'logout' })).toBe(1);
  });

  it('count each request with credentials by its way, right and wrong', async () => {
    const key = `countsme.${'k'.repeat(32)}`;
    await insertAccessToken(app.db, { ownerId: person.id, key });
    const browser = app.browser();
    await browser.send('/api/auth/login', {
      method: 'POST',
      body: { username: person.username, password: person.password },
    });
    const ways: readonly (readonly [
      way: string,
      right: () => Promise<unknown>,
      wrong: () => Promise<unknown>,
    ])[] = [
      ['token', () => self(person.authorization), () => self({ Authorization: `Token ${'0'.repeat(40)}` })],
      [
        'access-token',
        () => self({ Authorization: `Bearer ${key}` }),
        () => self({ Authorization: `Bearer countsme.${'x'.repeat(32)}` }),
      ],
      ['basic', () => self(person.basic), () => self({ Authorization: basicAuth('nobody-there', 'x') })],
      [
        'session',
        () => browser.send('/api/users/self'),
        // Without the CSRF token, which only a page of another site lacks.
        () =>
          app.send('/api/organizations', {
            method: 'POST',
            headers: { Cookie: browser.cookieHeader() },
            body: {},
          }),
      ],
    ];
    for (const [way, right, wrong] of ways) {
      const grew = await during(async () => {
        await right();
        await right();
        await wrong();
      });
      const counted = ['succeeded', 'refused', 'limited', 'unavailable'].map((outcome) =>
        grew(AUTHENTICATIONS, { way, outcome }),
      );
      expect(counted, way).toEqual([2, 1, 0, 0]);
    }
  });

  it('do not count requests without credentials', async () => {
    const grew = await during(() => app.send('/api/server/about'));
    for (const way of ['login', 'token', 'access-token', 'basic', 'session'])
      expect(grew(AUTHENTICATIONS, { way, outcome: 'succeeded' })).toBe(0);
  });

  it('time every hash, and its wait in the queue', async () => {
    const grew = await during(() => login(person.username, person.password));
    expect(grew('cvat_auth_password_hash_duration_seconds_count')).toBe(1);
    expect(grew('cvat_auth_password_queue_wait_seconds_count')).toBe(1);
    const { value } = await scrape(app);
    expect(value('cvat_auth_password_queue_jobs', { state: 'waiting' })).toBe(0);
    expect(value('cvat_auth_password_queue_jobs', { state: 'running' })).toBe(0);
  });
});

describe('limits', () => {
  it('are counted by the setting that refuses, and the sign-in as limited', async () => {
    const { username } = await app.register();
    for (let guess = 0; guess < GUESSES; guess += 1) await login(username, 'wrong');
    const grew = await during(async () => {
      expect((await login(username, 'wrong')).status).toBe(429);
    });
    expect(grew(LIMITS, { limit: 'login_failures_per_account_and_address' })).toBe(1);
    expect(grew(LIMITS, { limit: 'login_failures_per_address' })).toBe(0);
    expect(grew(AUTHENTICATIONS, { way: 'login', outcome: 'limited' })).toBe(1);
    expect(grew('security_events_total', { event: 'limit.met' })).toBe(1);
  });
});

describe('decisions of the policy', () => {
  it('are counted by outcome and timed', async () => {
    const grew = await during(async () => {
      expect((await self(person.authorization)).status).toBe(200);
      const body = { username: 'somebody', password: 'Wiesel-42-quarks' };
      const refused = await app.send('/api/users', { method: 'POST', headers: person.authorization, body });
      expect(refused.status).toBe(403);
    });
    expect(grew('cvat_auth_policy_decisions_total', { outcome: 'allow' })).toBe(1);
    expect(grew('cvat_auth_policy_decisions_total', { outcome: 'deny' })).toBe(1);
    expect(grew('cvat_auth_policy_decisions_total', { outcome: 'error' })).toBe(0);
    expect(grew('cvat_auth_policy_decision_duration_seconds_count')).toBe(2);
  });
});

describe('the outbox', () => {
  const resetPassword = async (email: string): Promise<void> => {
    const answer = await app.send('/api/auth/password/reset', { method: 'POST', body: { email } });
    expect(answer.status).toBe(200);
  };

  it('shows how many mails wait and the age of the oldest, until they are sent', async () => {
    await emptyOutbox(app.db);
    const { value: empty } = await scrape(app);
    expect(empty('cvat_auth_outbox_waiting_mails')).toBe(0);
    expect(empty('cvat_auth_outbox_oldest_mail_age_seconds')).toBe(0);
    await resetPassword(person.email);
    await ageMails(app.db, 600);
    await resetPassword(person.email);
    const { value: waiting } = await scrape(app);
    expect(waiting('cvat_auth_outbox_waiting_mails')).toBe(2);
    expect(waiting('cvat_auth_outbox_oldest_mail_age_seconds')).toBeGreaterThanOrEqual(600);
    expect(waiting('cvat_auth_outbox_oldest_mail_age_seconds')).toBeLessThan(660);
    const grew = await during(() => mailbox.collect(app));
    expect(grew('cvat_auth_mail_attempts_total', { outcome: 'delivered' })).toBe(2);
    const { value: sent } = await scrape(app);
    expect(sent('cvat_auth_outbox_waiting_mails')).toBe(0);
    expect(sent('cvat_auth_part_ready', { part: 'mail' })).toBe(1);
  });

  it('shows mails that were given up', async () => {
    await emptyOutbox(app.db);
    const { email } = await app.register('unknown');
    await resetPassword(email);
    await endMailPauses(app.db);
    const grew = await during(() => app.container.deliverMail());
    expect(grew('cvat_auth_mail_attempts_total', { outcome: 'refused' })).toBe(1);
    const { value } = await scrape(app);
    expect(value('cvat_auth_outbox_failed_mails')).toBe(1);
    expect(value('cvat_auth_outbox_waiting_mails')).toBe(0);
  });
});

describe('a scrape', () => {
  it('shows every part as ready, and the connections to the database', async () => {
    const { value } = await scrape(app);
    const isReal = inject('engines') === 'real';
    expect(value('cvat_auth_ready')).toBe(1);
    for (const part of ['database', 'migrations', 'policy', 'rules'])
      expect(value('cvat_auth_part_ready', { part }), part).toBe(1);
    expect(value('cvat_auth_part_ready', { part: 'redis' })).toBe(isReal ? 1 : undefined);
    expect(value('cvat_auth_redis_connected')).toBe(isReal ? 1 : undefined);
    expect(value('cvat_auth_part_ready', { part: 'ldap' })).toBeUndefined();
    const connections = ['idle', 'used'].map(
      (state) => value('cvat_auth_database_connections', { state }) ?? 0,
    );
    expect(connections.reduce((sum, count) => sum + count)).toBeGreaterThan(0);
    expect(value('cvat_auth_database_connections_limit')).toBeGreaterThanOrEqual(Math.max(...connections));
    expect(value('cvat_auth_database_waiting_statements')).toBe(0);
  });

  it('asks the database one thing only, if a probe asked for the rest in the last ten seconds', async () => {
    const { pool } = app.container.engines.db;
    let statements = 0;
    const count = (): void => {
      statements += 1;
    };
    await app.send('/readyz');
    pool.on('acquire', count);
    try {
      await app.send('/metrics');
      expect(statements).toBe(1);
      app.clock.advance(10_000);
      await app.send('/metrics');
      expect(statements).toBeGreaterThan(2);
    } finally {
      pool.off('acquire', count);
    }
  });

  it('has no name, address or path of anybody', async () => {
    const { text } = await scrape(app);
    for (const word of [person.username, person.email, '127.0.0.1', person.token, 'nobody-there'])
      expect(text).not.toContain(word);
  });
});
