import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp, useTestApp } from '../../support/app.js';
import { makeCertificates } from '../../support/certificates.js';
import { linkOf, type Mailbox, openMailbox, PUBLIC_URL, useMailbox } from '../../support/mailbox.js';
import { endMailPauses, outboxOf } from '../../support/outbox-rows.js';
import { readUser, setActive } from '../../support/rows.js';
import { freePort, reply, startRawServer } from '../../unit/platform/mail/mail-server.js';

/** The mails of accounts on their whole way, from the request to a real mail server. */

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function start(env: Readonly<Record<string, string>>): Promise<TestApp> {
  const app = await createTestApp({ env: { ACCOUNT_EMAIL_VERIFICATION: 'optional', ...env } });
  opened.push(app.close);
  return app;
}

async function open(options?: SMTPServerOptions): Promise<Mailbox> {
  const mailbox = await openMailbox(options);
  opened.push(mailbox.close);
  return mailbox;
}

/** Mails that wait are due again only after a pause, by the clock of the database. */
const endPause = ({ db }: TestApp) => endMailPauses(db);

describe('a mail', () => {
  it('has the words of its kind, as text and as HTML, and says that a robot sent it', async () => {
    const mailbox = await open();
    const app = await start(mailbox.env);
    await app.register('newcomer', { email: 'newcomer@example.org' });
    const mail = await mailbox.receive(app, 'newcomer@example.org');
    expect(mail.from).toBe('noreply@example.org');
    expect(mail.parsed.text).toBe(
      [
        'Hello newcomer,',
        'Thank you for signing up at Lab. One step is left: confirm that this address is yours.',
        `Confirm my address:\n${PUBLIC_URL}${linkOf(mail)}`,
        'The link works for 3 days.',
        'If you did not sign up, ignore this mail. The address was probably mistyped.',
        '-- \nLab\n',
      ].join('\n\n'),
    );
    expect([...mail.parsed.headers.keys()].sort()).toEqual([
      'auto-submitted',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'subject',
      'to',
    ]);
    expect(mail.parsed.headers.get('auto-submitted')).toBe('auto-generated');
  });

  it('goes over TLS, with a login, to a server whose authority is named', async () => {
    const certificates = makeCertificates();
    const mailbox = await open({
      ...certificates,
      authOptional: false,
      onAuth: ({ username = '', password }, _session, done) =>
        password === 'p@ss/word' ? done(null, { user: username }) : done(reply(535, 'no')),
    });
    const { EMAIL_URL: plain = '', ...env } = mailbox.env;
    const options = `?tls=starttls&ca=${encodeURIComponent(certificates.caFile)}`;
    const app = await start({
      ...env,
      EMAIL_URL: `${plain.replace('://', '://robot:p%40ss%2Fword@')}${options}`,
    });
    const { email } = await app.register();
    const mail = await mailbox.receive(app, email);
    expect([mail.encrypted, mail.user]).toEqual([true, 'robot']);
    expect(app.logs.join('')).not.toContain('p@ss/word');
  });

  it('takes the name of the site for words, whatever stands in it', async () => {
    const mailbox = await open();
    const SITE_NAME = '<b>Lab</b>\r\nBcc: victim@example.com\r\n\r\nx';
    const app = await start({ ...mailbox.env, SITE_NAME });
    const { email } = await app.register();
    const [mail, ...others] = await mailbox.collect(app);
    expect(others).toEqual([]);
    expect(mail?.recipients).toEqual([email]);
    expect(mail?.parsed.subject).toBe(
      '[<b>Lab</b> Bcc: victim@example.com x] Please Confirm Your Email Address',
    );
    expect(mail?.parsed.headers.has('bcc')).toBe(false);
    expect(mail?.parsed.html).not.toContain('<b>');
    expect(mail?.parsed.html).toContain('&lt;b>Lab&lt;/b>');
  });

  it('starts its subject with the prefix of the settings', async () => {
    const mailbox = await open();
    const app = await start({ ...mailbox.env, ACCOUNT_EMAIL_SUBJECT_PREFIX: 'CVAT: ' });
    const { email } = await app.register();
    expect((await mailbox.receive(app, email)).parsed.subject).toBe(
      'CVAT: Please Confirm Your Email Address',
    );
  });

  it('leaves nothing of its link in the log', async () => {
    const mailbox = await open();
    const app = await start(mailbox.env);
    const { email } = await app.register();
    await app.send('/api/auth/password/reset', { method: 'POST', body: { email } });
    const links = (await mailbox.collect(app)).map(linkOf);
    expect(links).toHaveLength(2);
    for (const link of links) await app.send(link);
    const log = app.logs.join('');
    const secrets = links.map((link) => link.match(/[\w-]{32,}/)?.[0] ?? link);
    for (const secret of secrets) expect(log).not.toContain(secret);
    expect(log).not.toContain(email);
  });
});

describe('a mail to an address', () => {
  const mailbox = useMailbox();
  const app = useTestApp(() => ({
    env: { ...mailbox.env, REGISTRATION_MODE: 'approval', ADMIN_EMAIL: 'boss@example.org' },
  }));
  let counter = 0;

  it.each([
    ['a display name and a second address', '"x<victim@example.com>,y"@example.org'],
    ['markup', '"<img/src=x>"@example.org'],
    ['a header', '"Bcc:victim@example.com"@example.org'],
    ['quotes and backslashes', '"a\\"b\\\\c"@example.org'],
    ['a control character', '"a\u0001b"@example.org'],
  ])('with %s has one recipient at most, no header more, and no markup of theirs', async (_what, email) => {
    const username = `applicant${(counter += 1)}`;
    const body = {
      username,
      email,
      password1: 'Wiesel-42-quarks',
      password2: 'Wiesel-42-quarks',
    };
    expect((await app.send('/api/auth/register', { method: 'POST', body })).status).toBe(201);
    const mail = await mailbox.receive(app, 'boss@example.org');
    expect(mail.parsed.html).not.toMatch(/<img|<victim/);
    await setActive(app.db, (await readUser(app.db, username)).id, true);
    await app.send('/api/auth/password/reset', { method: 'POST', body: { email } });
    const mails = await mailbox.collect(app);
    expect(mails.length).toBeLessThanOrEqual(1);
    for (const { recipients, parsed, raw } of [mail, ...mails]) {
      expect(recipients).toHaveLength(1);
      expect(recipients[0]).toMatch(/@example\.org$/);
      expect([...parsed.headers.keys()]).not.toContain('bcc');
      expect(raw.split('\r\n\r\n')[0]?.match(/^To:/gm)).toHaveLength(1);
    }
  });
});

describe('a mail server that', () => {
  const signUp = async (app: TestApp) => {
    const started = performance.now();
    const account = await app.register();
    expect(performance.now() - started).toBeLessThan(5000);
    return account;
  };

  it('refuses the recipient for good fails no request, and the mail is given up without its link', async () => {
    const mailbox = await open({ onRcptTo: (_address, _session, done) => done(reply(550, 'no such user')) });
    const app = await start(mailbox.env);
    const { email } = await signUp(app);
    await mailbox.collect(app);
    expect(await outboxOf(app.db)).toMatchObject([
      {
        recipient: email,
        attempts: 1,
        isGivenUp: true,
        error: 'The server refuses the recipient, it said "550 no such user".',
        text: '',
      },
    ]);
  });

  it('is busy gets the mail later, once', async () => {
    let busy = true;
    const mailbox = await open({
      onMailFrom: (_address, _session, done) => done(busy ? reply(451, 'later') : null),
    });
    const app = await start(mailbox.env);
    const { email } = await signUp(app);
    expect(await mailbox.collect(app)).toEqual([]);
    busy = false;
    expect(await mailbox.collect(app)).toEqual([]);
    await endPause(app);
    await mailbox.receive(app, email);
    await endPause(app);
    expect(await mailbox.collect(app)).toEqual([]);
  });

  it('hangs holds up nobody, and gets the mail when it speaks again', async () => {
    const silent = await startRawServer(() => {});
    opened.push(silent.close);
    const app = await start({
      EMAIL_HOST: '127.0.0.1',
      EMAIL_PORT: String(silent.port),
      EMAIL_TIMEOUT: '1',
      PUBLIC_URL,
    });
    const { email } = await signUp(app);
    const delivering = app.container.deliverMail();
    await signUp(app);
    expect(await delivering).toBe(0);
    const [first] = await outboxOf(app.db);
    expect(first).toMatchObject({ recipient: email, attempts: 1, isGivenUp: false });
    expect(first?.error).toContain('sent no greeting within 1 s');
  });

  it('is not there fails no request', async () => {
    const app = await start({ EMAIL_URL: `smtp://127.0.0.1:${await freePort()}`, PUBLIC_URL });
    const { email } = await signUp(app);
    expect((await app.send('/api/auth/password/reset', { method: 'POST', body: { email } })).status).toBe(
      200,
    );
    expect(await app.container.deliverMail()).toBe(0);
    expect((await outboxOf(app.db)).map(({ isGivenUp }) => isGivenUp)).toEqual([false, false]);
  });

  it('hangs up after the mail, without a word, gets it again under the same Message-ID', async () => {
    const received: string[] = [];
    const server = await startRawServer((socket) => {
      let content: string | undefined;
      socket.write('220 ready\r\n');
      socket.on('data', (chunk) => {
        if (content === undefined) {
          const isData = String(chunk) === 'DATA\r\n';
          if (isData) content = '';
          socket.write(isData ? '354 go on\r\n' : '250 fine\r\n');
          return;
        }
        content += String(chunk);
        if (!content.endsWith('\r\n.\r\n')) return;
        received.push(content);
        content = undefined;
        // Taken, and then the first time not a word.
        if (received.length === 1) socket.destroy();
        else socket.write('250 taken\r\n');
      });
    });
    opened.push(server.close);
    const app = await start({ EMAIL_URL: `smtp://127.0.0.1:${server.port}`, PUBLIC_URL });
    await signUp(app);
    expect(await app.container.deliverMail()).toBe(0);
    expect(await outboxOf(app.db)).toMatchObject([{ attempts: 1, isGivenUp: false }]);
    await endPause(app);
    expect(await app.container.deliverMail()).toBe(1);
    expect(await outboxOf(app.db)).toEqual([]);
    expect(received).toHaveLength(2);
    expect(new Set(received.map((content) => /^Message-ID: (.*)$/im.exec(content)?.[1])).size).toBe(1);
  });
});
