import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/platform/db/pool.js';
import { execute, many, type Queryable } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';
import { enqueue, listParked, type OutgoingMail, summarizeOutbox } from '../../src/platform/mail/outbox.js';
import { createSmtpTransport } from '../../src/platform/mail/smtp.js';
import { createMailTransport, type MailTransport } from '../../src/platform/mail/transport.js';
import { createOutboxWorker, type OutboxWorkerDeps } from '../../src/platform/mail/worker.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { SENDER, smtpSettings } from '../unit/platform/mail/fixtures.js';
import {
  freePort,
  type MailServer,
  reply,
  startMailServer,
  startRawServer,
} from '../unit/platform/mail/mail-server.js';

const SECRET_LINK = 'https://cvat.example.org/auth/password/reset/confirm?uid=1&token=s3cret';
const mail = (changes: Partial<OutgoingMail> = {}): OutgoingMail => ({
  kind: 'password-reset',
  to: 'ann.private@example.net',
  subject: 'Password Reset E-mail',
  text: `${SECRET_LINK}\n`,
  html: `<a href="${SECRET_LINK}">x</a>`,
  ...changes,
});

let test: TestDatabase;
let db: Database;
let now = 0;
let log: { readonly level: string; readonly fields: object; readonly text: string }[] = [];
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
  db = test.db;
});
beforeEach(async () => {
  await execute(db, sql`delete from auth_server_outbox`);
  now = 1_700_000_000_000;
  log = [];
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => test.drop());

const note = (level: string) => (fields: object, text: string) => void log.push({ level, fields, text });

function makeWorker(transport: MailTransport, changes: Partial<OutboxWorkerDeps> = {}) {
  const worker = createOutboxWorker({
    db,
    transport,
    clock: { now: () => now },
    random: { fraction: () => 0.5 },
    log: { info: note('info'), warn: note('warn'), error: note('error') },
    ...changes,
  });
  closing.push(() => worker.stop());
  return worker;
}

const smtp = (port: number, timeoutSeconds = 1): MailTransport =>
  createSmtpTransport(SENDER, smtpSettings({ port, timeoutSeconds }));

async function startServer(...args: Parameters<typeof startMailServer>): Promise<MailServer> {
  const server = await startMailServer(...args);
  closing.push(() => server.close());
  return server;
}

/** Makes what is in the table `seconds` older: the table lives by the clock of the database. */
const age = (seconds: number): Promise<number> => {
  const by = sql`make_interval(secs => ${seconds})`;
  return execute(
    db,
    sql`
      update auth_server_outbox
      set created_at = created_at - ${by}, due_at = due_at - ${by},
        locked_until = locked_until - ${by}, failed_at = failed_at - ${by}
    `,
  );
};

interface Row {
  readonly attempts: number;
  readonly wait: number | null;
  readonly last_error: string | null;
  readonly failed: boolean;
  readonly body: string;
}

const rows = (): Promise<Row[]> =>
  many<Row>(
    db,
    sql`
      select attempts, extract(epoch from due_at - now())::float8 as wait, last_error,
        failed_at is not null as failed, body_text || body_html as body
      from auth_server_outbox
      order by created_at
    `,
  );

const until = (done: () => boolean | Promise<boolean>) =>
  expect.poll(done, { timeout: 30_000, interval: 25 }).toBe(true);

describe('enqueue', () => {
  it('is part of the transaction: a rollback leaves no mail', async () => {
    const failing = db.transaction(async (tx) => {
      await enqueue(tx, mail());
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(await rows()).toEqual([]);
    await db.transaction((tx) => enqueue(tx, mail()));
    expect(await rows()).toHaveLength(1);
  });

  it('takes texts that PostgreSQL would refuse', async () => {
    const server = await startServer();
    await enqueue(db, mail({ subject: 'a\0b\r\nBcc: eve@evil.example', text: 'c\0d\n', html: 'e\0f' }));
    expect(await makeWorker(smtp(server.port)).runOnce()).toBe(1);
    expect(server.mails[0]?.parsed).toMatchObject({
      subject: 'a b Bcc: eve@evil.example',
      text: 'cd\n',
      html: 'ef',
    });
  });
});

describe('the outbox worker', () => {
  it('delivers a mail and keeps nothing of it', async () => {
    const server = await startServer();
    await enqueue(db, mail());
    expect(await makeWorker(smtp(server.port)).runOnce()).toBe(1);
    expect(server.mails).toMatchObject([
      { recipients: ['ann.private@example.net'], parsed: { text: `${SECRET_LINK}\n` } },
    ]);
    expect(await rows()).toEqual([]);
  });

  it('logs what happened to which mail, never a link, a subject or an address', async () => {
    const server = await startServer({
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith('ann') ? null : reply(550, `no ${address}`)),
    });
    const worker = makeWorker(smtp(server.port));
    await enqueue(db, mail());
    await worker.runOnce();
    await enqueue(db, mail({ to: 'bob.private@example.net' }));
    await worker.runOnce();
    expect(log).toMatchObject([
      { level: 'info', fields: { kind: 'password-reset', domain: 'example.net', attempt: 1, ms: 0 } },
      { level: 'error', fields: { domain: 'example.net', step: 'recipient', code: '550' } },
    ]);
    expect(JSON.stringify(log)).not.toMatch(/s3cret|Reset E-mail|private/);
  });

  it('delivers after a greylisting, under the same Message-ID, once the pause is over', async () => {
    let tries = 0;
    const server = await startServer({
      onRcptTo(_address, _session, done) {
        tries += 1;
        done(tries === 1 ? reply(451, '4.7.1 greylisted') : null);
      },
    });
    await enqueue(db, mail());
    const [{ id = '' } = {}] = await many<{ id: string }>(db, sql`select id from auth_server_outbox`);
    const worker = makeWorker(smtp(server.port));
    expect(await worker.runOnce()).toBe(0);
    expect(await worker.runOnce()).toBe(0);
    expect(await rows()).toMatchObject([
      { attempts: 1, last_error: expect.stringContaining('greylisted'), failed: false },
    ]);
    await age(11);
    expect(await worker.runOnce()).toBe(1);
    expect(server.mails[0]?.parsed.messageId).toBe(`<${id}@example.org>`);
  });

  it('waits twice as long after each failure, up to an hour', async () => {
    const server = await startServer({ onRcptTo: (_address, _session, done) => done(reply(451, 'later')) });
    await enqueue(db, mail());
    const worker = makeWorker(smtp(server.port));
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 11; attempt += 1) {
      await worker.runOnce();
      const wait = (await rows())[0]?.wait ?? 0;
      pauses.push(Math.ceil(wait / 10) * 10);
      await execute(db, sql`update auth_server_outbox set due_at = now()`);
    }
    expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
  });

  it.each([
    [0, 7.5],
    [1, 12.5],
  ])('spreads the pauses: at %i it is %d s', async (fraction, seconds) => {
    await enqueue(db, mail());
    await makeWorker(smtp(await freePort()), { random: { fraction: () => fraction } }).runOnce();
    const wait = (await rows())[0]?.wait;
    expect(wait).toBeGreaterThan(seconds - 1);
    expect(wait).toBeLessThanOrEqual(seconds);
  });

  it('gives up at once what the server refuses for good, and shows it without its links', async () => {
    const server = await startServer({
      onRcptTo: (_address, _session, done) => done(reply(550, '5.1.1 unknown')),
    });
    await enqueue(db, mail());
    const worker = makeWorker(smtp(server.port));
    await worker.runOnce();
    await age(4000);
    await worker.runOnce();
    expect(await rows()).toMatchObject([{ attempts: 1, failed: true, body: '' }]);
    expect(await listParked(db)).toMatchObject([
      {
        kind: 'password-reset',
        to: 'ann.private@example.net',
        attempts: 1,
        reason: expect.stringContaining('5.1.1 unknown'),
      },
    ]);
    expect(await summarizeOutbox(db)).toEqual({ waiting: 0, parked: 1, oldestSeconds: 0 });
  });

  it('gives up a recipient that is no address, without asking the server', async () => {
    const server = await startServer();
    await enqueue(db, mail({ to: 'a@b.org, c@d.org' }));
    await makeWorker(smtp(server.port)).runOnce();
    expect(await rows()).toMatchObject([{ failed: true }]);
    expect(server.mails).toEqual([]);
  });

  it.each([3_600_000, -1])('gives up a mail after 3 days, and forgets it 30 later: %i ms', async (passed) => {
    const server = await startServer();
    await enqueue(db, mail());
    await age(3 * 86_400);
    const worker = makeWorker(smtp(server.port));
    expect(await worker.runOnce()).toBe(0);
    expect(await rows()).toMatchObject([{ failed: true, body: '' }]);
    expect(log).toMatchObject([{ level: 'error', text: 'mail given up: too old' }]);
    await age(30 * 86_400);
    now += passed;
    await worker.runOnce();
    expect(await rows()).toEqual([]);
    expect(server.mails).toEqual([]);
  });

  it('does not hold a bad mail against the others', async () => {
    const server = await startServer({
      onRcptTo: ({ address }, _session, done) => done(address.startsWith('bad') ? reply(451, 'later') : null),
    });
    for (let n = 0; n < 6; n += 1) await enqueue(db, mail({ to: `bad${n}@example.net` }));
    for (let n = 0; n < 6; n += 1) await enqueue(db, mail({ to: `good${n}@example.net` }));
    expect(await makeWorker(smtp(server.port)).runOnce()).toBe(6);
  });

  it('leaves the mails in peace while no transport is configured', async () => {
    await enqueue(db, mail());
    expect(await makeWorker(await createMailTransport({ kind: 'none' }, () => {})).runOnce()).toBe(0);
    expect(await rows()).toMatchObject([{ attempts: 0, failed: false }]);
  });

  it('retries a mail on which the transport breaks, and goes on with the next', async () => {
    const server = await startServer();
    const real = smtp(server.port);
    const broken: MailTransport = {
      ...real,
      send: (message, signal) =>
        message.to.startsWith('bad') ? Promise.reject(new TypeError('bug')) : real.send(message, signal),
    };
    await enqueue(db, mail({ to: 'bad@example.net' }));
    await enqueue(db, mail());
    expect(await makeWorker(broken).runOnce()).toBe(1);
    expect(await rows()).toMatchObject([{ attempts: 1, failed: false }]);
  });
});

describe('a dead mail server', () => {
  it('costs few attempts, however many mails wait, and all arrive when it is back', async () => {
    const port = await freePort();
    for (let n = 0; n < 30; n += 1) await enqueue(db, mail({ to: `user${n}@example.net` }));
    expect(await makeWorker(smtp(port)).runOnce()).toBe(0);
    expect((await rows()).reduce((sum, { attempts }) => sum + attempts, 0)).toBeLessThanOrEqual(4);
    expect(await summarizeOutbox(db)).toMatchObject({ waiting: 30, parked: 0 });
    const server = await startServer({}, port);
    await age(20);
    expect(await makeWorker(smtp(port)).runOnce()).toBe(30);
    expect(new Set(server.mails.flatMap(({ recipients }) => recipients)).size).toBe(30);
  });

  it('holds up nobody who writes a mail meanwhile', async () => {
    const silent = await startRawServer(() => {});
    closing.push(silent.close);
    await enqueue(db, mail());
    const worker = makeWorker(smtp(silent.port, 30), { timing: { stopGrace: 0 } });
    worker.start();
    await until(async () => (await rows())[0]?.attempts === 1);
    const start = performance.now();
    await db.transaction((tx) => enqueue(tx, mail()));
    worker.wake();
    // The mail server is waited for for 30 s.
    expect(performance.now() - start).toBeLessThan(15_000);
  });

  it('is given the time of one attempt, not longer', async () => {
    const silent = await startRawServer(() => {});
    closing.push(silent.close);
    await enqueue(db, mail());
    const start = performance.now();
    await makeWorker(smtp(silent.port, 30), { timing: { deadline: 100 } }).runOnce();
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(await rows()).toMatchObject([{ attempts: 1, failed: false }]);
  });
});

describe('a mail that is slow to leave', () => {
  it('holds up no other, and no other is sent twice meanwhile', async () => {
    let release: () => void = () => {};
    const server = await startServer({
      onRcptTo: ({ address }, _session, done) => {
        if (address.startsWith('slow')) release = () => done();
        else done();
      },
    });
    await enqueue(db, mail({ to: 'slow@example.net' }));
    const worker = makeWorker(smtp(server.port, 30), { timing: { poll: 60_000 } });
    worker.start();
    await until(async () => (await rows())[0]?.attempts === 1);
    for (let n = 0; n < 12; n += 1) {
      await enqueue(db, mail({ to: `quick${n}@example.net` }));
      worker.wake();
    }
    await until(() => server.mails.length === 12);
    release();
    await until(async () => (await rows()).length === 0);
    expect(server.mails.map(({ recipients }) => recipients[0]).sort()).toEqual(
      [...Array.from({ length: 12 }, (_, n) => `quick${n}@example.net`), 'slow@example.net'].sort(),
    );
  });

  it('is one of four at a time, however many are due', async () => {
    const releases: (() => void)[] = [];
    const slow: MailTransport = {
      ...smtp(25),
      send: () => new Promise((resolve) => void releases.push(resolve)),
    };
    for (let n = 0; n < 6; n += 1) await enqueue(db, mail());
    const run = makeWorker(slow).runOnce();
    await until(() => releases.length === 4);
    await delay(50);
    expect(releases).toHaveLength(4);
    for (const release of releases) release();
    await until(() => releases.length === 6);
    for (const release of releases.slice(4)) release();
    expect(await run).toBe(6);
  });
});

describe('several workers', () => {
  it('send each mail once between them', async () => {
    const server = await startServer();
    for (let n = 0; n < 40; n += 1) await enqueue(db, mail({ to: `user${n}@example.net` }));
    const workers = Array.from({ length: 3 }, () => makeWorker(smtp(server.port)));
    const counts = await Promise.all(workers.map((worker) => worker.runOnce()));
    expect([counts.reduce((sum, count) => sum + count, 0), server.mails.length]).toEqual([40, 40]);
    expect(new Set(server.mails.flatMap(({ recipients }) => recipients)).size).toBe(40);
  });

  it('leave a mail to the worker that has it, until its lease ends', async () => {
    const server = await startServer();
    const dead: MailTransport = { ...smtp(server.port), send: () => new Promise(() => {}) };
    await enqueue(db, mail());
    void makeWorker(dead).runOnce();
    await until(async () => (await rows())[0]?.attempts === 1);
    const heir = makeWorker(smtp(server.port));
    await age(119);
    expect(await heir.runOnce()).toBe(0);
    await age(2);
    expect(await heir.runOnce()).toBe(1);
    expect(server.mails).toHaveLength(1);
  });

  it('can not undo what another did after their lease had ended', async () => {
    const port = await freePort();
    let fail: (error: Error) => void = () => {};
    const slow: MailTransport = {
      ...smtp(port),
      send: () => new Promise((_resolve, reject) => (fail = reject)),
    };
    await enqueue(db, mail());
    const late = makeWorker(slow).runOnce();
    await until(async () => (await rows())[0]?.attempts === 1);
    await age(121);
    await makeWorker(smtp(port)).runOnce();
    const [after] = await rows();
    fail(new Error('late'));
    await late;
    expect(await rows()).toMatchObject([{ attempts: 2, last_error: after?.last_error }]);
    expect(after?.last_error).toContain('Nothing accepts connections');
  });
});

/** The database, away whenever a delivered mail is to be crossed off, so many times. */
function failingToRemove(times: number): Queryable {
  let failures = 0;
  const query: Queryable['query'] = (config) => {
    if (!config.text.includes('delete from auth_server_outbox where id') || failures === times)
      return db.query(config);
    failures += 1;
    return Promise.reject(new Error('database is away'));
  };
  return { query };
}

describe('start and stop', () => {
  it('delivers what was left before the start, and new mails when woken', async () => {
    const server = await startServer();
    await enqueue(db, mail());
    const worker = makeWorker(smtp(server.port), { timing: { poll: 60_000 } });
    worker.start();
    await until(() => server.mails.length === 1);
    await until(async () => (await rows()).length === 0);
    await enqueue(db, mail());
    worker.wake();
    await until(() => server.mails.length === 2);
  });

  it('finds mails that another process wrote by looking from time to time', async () => {
    const server = await startServer();
    makeWorker(smtp(server.port), { timing: { poll: 50 } }).start();
    await delay(100);
    await enqueue(db, mail());
    await until(() => server.mails.length === 1);
  });

  it('lets a mail finish that is under way when it is stopped', async () => {
    let isUnderWay = false;
    const server = await startServer({
      onData: (stream, _session, done) => {
        isUnderWay = true;
        stream.resume().on('end', () => setTimeout(done, 300));
      },
    });
    await enqueue(db, mail());
    const worker = makeWorker(smtp(server.port));
    worker.start();
    await until(() => isUnderWay);
    await worker.stop();
    expect(await rows()).toEqual([]);
  });

  it('gives a mail back at once that it has to cut off, for the next process to send', async () => {
    const silent = await startRawServer(() => {});
    closing.push(silent.close);
    await enqueue(db, mail());
    const worker = makeWorker(smtp(silent.port, 30), { timing: { stopGrace: 50 } });
    worker.start();
    await until(async () => (await rows())[0]?.attempts === 1);
    await worker.stop();
    expect(await makeWorker(smtp((await startServer()).port)).runOnce()).toBe(1);
  });

  it('goes on when the database was away, and says so once', async () => {
    const server = await startServer();
    let away = true;
    let failures = 0;
    const flaky: Queryable = {
      query: (config) =>
        away ? Promise.reject(new Error(`database is away, ${(failures += 1)}`)) : db.query(config),
    };
    await enqueue(db, mail());
    makeWorker(smtp(server.port), { db: flaky, timing: { outagePause: 20 } }).start();
    await until(() => failures >= 3);
    away = false;
    await until(() => server.mails.length === 1);
    expect(log.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('does not send twice when the database is away just after the delivery', async () => {
    const server = await startServer();
    await enqueue(db, mail());
    expect(await makeWorker(smtp(server.port), { db: failingToRemove(1) }).runOnce()).toBe(1);
    expect(await rows()).toEqual([]);
    expect(server.mails).toHaveLength(1);
  });

  it('says that a mail may leave twice when it is stopped before it could cross it off', async () => {
    const server = await startServer();
    await enqueue(db, mail());
    const worker = makeWorker(smtp(server.port), { db: failingToRemove(Number.POSITIVE_INFINITY) });
    worker.start();
    await until(() => server.mails.length === 1);
    await worker.stop();
    expect(log).toMatchObject([{ level: 'error', text: expect.stringContaining('may be delivered again') }]);
    expect(await rows()).toMatchObject([{ attempts: 1, failed: false }]);
  });
});
