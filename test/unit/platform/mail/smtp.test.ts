import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { StartError } from '../../../../src/kernel/start-error.js';
import type { MailMessage } from '../../../../src/platform/mail/message.js';
import type { SmtpSettings } from '../../../../src/platform/mail/settings.js';
import { createSmtpTransport } from '../../../../src/platform/mail/smtp.js';
import { makeCertificates } from '../../../support/certificates.js';
import { message, SENDER, smtpSettings } from './fixtures.js';
import { freePort, type MailServer, reply, startMailServer, startRawServer } from './mail-server.js';

const servers: { close(): Promise<void> }[] = [];
const tracked = <T extends { close(): Promise<void> }>(server: T): T => {
  servers.push(server);
  return server;
};
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const start = async (options?: Parameters<typeof startMailServer>[0]): Promise<MailServer> =>
  tracked(await startMailServer(options));

const send = async (
  settings: Partial<SmtpSettings>,
  changes?: Partial<MailMessage>,
  signal?: AbortSignal,
): Promise<void> => {
  const transport = createSmtpTransport(SENDER, smtpSettings(settings));
  await transport.send(message(changes), signal).finally(() => transport.close());
};

const PASSWORD = 'corr3ct-horse';
const credentials = { user: 'mailer', password: PASSWORD };
const login: Parameters<typeof startMailServer>[0] = {
  authOptional: false,
  allowInsecureAuth: true,
  onAuth: (auth, _session, done) =>
    auth.password === PASSWORD
      ? done(null, { user: auth.username })
      : done(reply(535, `5.7.8 wrong: ${auth.password}`)),
};

describe('a mail over SMTP', () => {
  it('has both parts, the headers that a robot sends, and a Message-ID made of its id', async () => {
    const server = await start();
    await send(
      { port: server.port },
      { subject: 'Grüße', text: 'Grüße,\nИван 🎉\n', html: '<p>Grüße, Иван 🎉</p>' },
    );
    const [mail] = server.mails;
    expect(mail).toMatchObject({ from: 'noreply@example.org', recipients: ['ann@example.net'] });
    expect(mail?.parsed).toMatchObject({
      subject: 'Grüße',
      text: 'Grüße,\nИван 🎉\n',
      html: '<p>Grüße, Иван 🎉</p>',
      messageId: '<0b9f7a52-3f0e-4f7e-8d0c-3f3a8f1f2a11@example.org>',
      date: new Date('2026-05-04T03:02:01Z'),
      from: { value: [{ name: 'CVAT', address: 'noreply@example.org' }] },
    });
    expect(mail?.parsed.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail?.parsed.headers.has('x-mailer')).toBe(false);
    expect(mail?.raw).toMatch(/^Content-Type: multipart\/alternative/m);
  });

  it('carries a link unharmed', async () => {
    const server = await start();
    const link = `https://cvat.example.org/auth/password/reset/confirm?uid=1&token=${'c9abcd-0123456789abcdef'.repeat(9)}=`;
    await send({ port: server.port }, { text: `See\n\n${link}\n` });
    expect(server.mails[0]?.parsed.text?.split('\n')).toContain(link);
  });

  it('writes domains outside ASCII in their ASCII form, which every server understands', async () => {
    const server = await start();
    const transport = createSmtpTransport(
      { name: '', address: 'noreply@exämple.org' },
      smtpSettings({ port: server.port }),
    );
    await transport.send(message({ to: 'ann@exämple.net' }));
    const raw = server.mails[0]?.raw;
    expect(raw).toMatch(/^To: ann@xn--exmple-cua\.net\r$/m);
    expect(raw).toMatch(/^Message-ID: <[-\w]+@xn--exmple-cua\.org>\r$/m);
  });

  it.each([
    'Hi\r\nBcc: eve@evil.example',
    'Hi\n\n<script>',
    'Hi\rX-Evil: 1',
    'Hi\0',
    'Ü\r\nBcc: eve@evil.example',
    'Hi \u202egnp.exe',
  ])('gets no header and no recipient from the subject %j', async (subject) => {
    const server = await start();
    await send({ port: server.port }, { subject });
    const [mail] = server.mails;
    expect(mail?.recipients).toEqual(['ann@example.net']);
    expect([...(mail?.parsed.headers.keys() ?? [])].sort()).toEqual(
      [
        'auto-submitted',
        'content-type',
        'date',
        'from',
        'message-id',
        'mime-version',
        'subject',
        'to',
      ].sort(),
    );
    expect(mail?.parsed.text).toBe('Text\n');
  });

  it.each([
    'ann@example.net, eve@evil.example',
    'ann@example.net>\r\nRCPT TO:<eve@evil.example',
    'all: ann@example.net, eve@evil.example;',
    'ann@example.net\nBcc: eve@evil.example',
    'ann@[eve@evil.example]',
  ])('does not leave for %j', async (to) => {
    const server = await start();
    await expect(send({ port: server.port }, { to })).rejects.toMatchObject({
      code: 'bad_address',
      verdict: 'refused',
    });
    expect(server.mails).toEqual([]);
  });

  it('is cut off by the signal', async () => {
    const server = tracked(await startRawServer(() => {}));
    const cut = new AbortController();
    setTimeout(() => cut.abort(), 50);
    await expect(send({ port: server.port, timeoutSeconds: 30 }, {}, cut.signal)).rejects.toMatchObject({
      verdict: 'unavailable',
    });
  });
});

describe('TLS', () => {
  const certificates = makeCertificates();
  const { caFile } = certificates;

  it('is started by STARTTLS and checked against the authority', async () => {
    const server = await start({ ...login, ...certificates, allowInsecureAuth: false });
    await send({ port: server.port, tls: 'starttls', caFile, credentials });
    expect(server.mails).toMatchObject([{ encrypted: true, user: 'mailer' }]);
  });

  it('is spoken from the start on an implicit port', async () => {
    const server = await start({ ...login, ...certificates, secure: true });
    await send({ port: server.port, tls: 'implicit', caFile, credentials });
    expect(server.mails).toMatchObject([{ encrypted: true, user: 'mailer' }]);
  });

  it.each(['starttls', 'implicit'] as const)(
    'fails in mode %s for an unknown authority, before the login',
    async (tls) => {
      const logins: unknown[] = [];
      const server = await start({
        ...certificates,
        secure: tls === 'implicit',
        onAuth: (auth, _session, done) => {
          logins.push(auth);
          done(null, { user: 'x' });
        },
      });
      await expect(send({ port: server.port, tls, credentials })).rejects.toMatchObject({
        step: 'tls',
        verdict: 'unavailable',
        message: expect.stringMatching(/unknown authority.*EMAIL_CA_FILE/),
      });
      expect(logins).toEqual([]);
    },
  );

  it('fails for a certificate of another name', async () => {
    const other = makeCertificates('DNS:mail.example.org');
    const server = await start(other);
    await expect(send({ port: server.port, tls: 'starttls', caFile: other.caFile })).rejects.toMatchObject({
      step: 'tls',
      message: expect.stringContaining('is for another name'),
    });
  });

  it('fails for a certificate that has expired', async () => {
    const old = makeCertificates('IP:127.0.0.1', -1);
    const server = await start(old);
    await expect(send({ port: server.port, tls: 'starttls', caFile: old.caFile })).rejects.toMatchObject({
      step: 'tls',
      message: expect.stringContaining('has expired (CERT_HAS_EXPIRED)'),
    });
  });

  it('is not given up when the server offers none: no login is tried in plain text', async () => {
    const commands: string[] = [];
    const server = tracked(
      await startRawServer((socket) => {
        socket.write('220 hello\r\n');
        socket.on('data', (data) => {
          commands.push(String(data).split(' ')[0]?.trim() ?? '');
          socket.write(
            String(data).startsWith('EHLO') ? '250-hello\r\n250 AUTH PLAIN LOGIN\r\n' : '502 unknown\r\n',
          );
        });
      }),
    );
    await expect(send({ port: server.port, tls: 'starttls', credentials })).rejects.toMatchObject({
      step: 'tls',
      message: expect.stringContaining('does not offer STARTTLS'),
    });
    expect(commands).toEqual(['EHLO', 'STARTTLS']);
  });

  it('is used where offered when nobody demands it', async () => {
    const server = await start(certificates);
    await send({ port: server.port, tls: 'opportunistic' });
    expect(server.mails).toMatchObject([{ encrypted: true }]);
  });

  it('needs the file of the authority at the start', () => {
    expect(() => createSmtpTransport(SENDER, smtpSettings({ caFile: '/nowhere/ca.pem' }))).toThrow(
      StartError,
    );
  });
});

describe('a mail server that does not take a mail', () => {
  const encodings = [PASSWORD, Buffer.from(PASSWORD), Buffer.from(`\0mailer\0${PASSWORD}`)].map((secret) =>
    typeof secret === 'string' ? secret : secret.toString('base64'),
  );

  it('is believed for this mail when it refuses the recipient or the message for good', async () => {
    const unknown = await start({
      onRcptTo: (_address, _session, done) => done(reply(550, '5.1.1 unknown user')),
    });
    await expect(send({ port: unknown.port })).rejects.toMatchObject({
      step: 'recipient',
      verdict: 'refused',
      code: '550',
    });
    const spam = await start({
      onData: (stream, _session, done) => void stream.resume().on('end', () => done(reply(554, 'spam'))),
    });
    await expect(send({ port: spam.port })).rejects.toMatchObject({
      step: 'message',
      verdict: 'refused',
      code: '554',
    });
  });

  it('is asked again later after a greylisting', async () => {
    const server = await start({
      onRcptTo: (_address, _session, done) => done(reply(451, '4.7.1 try again')),
    });
    await expect(send({ port: server.port })).rejects.toMatchObject({
      step: 'recipient',
      verdict: 'postponed',
      code: '451',
    });
  });

  it.each([421, 503, 530])('is not at its best, whosever the mail, when it answers %i', async (code) => {
    const server = await start({ onRcptTo: (_address, _session, done) => done(reply(code, 'not now')) });
    await expect(send({ port: server.port })).rejects.toMatchObject({ verdict: 'unavailable' });
  });

  it('gets no mail without the login that it does not offer', async () => {
    const server = await start({ disabledCommands: ['AUTH', 'STARTTLS'] });
    await expect(send({ port: server.port, credentials })).rejects.toMatchObject({ step: 'login' });
    expect(server.mails).toEqual([]);
  });

  it.each(encodings)('has its reply repeated without the password: %#', async (secret) => {
    const server = await start({
      ...login,
      onAuth: (_auth, _session, done) => done(reply(535, `wrong: ${secret}`)),
    });
    const failure: unknown = await send({ port: server.port, credentials }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      step: 'login',
      verdict: 'unavailable',
      message: expect.stringContaining('wrong: ***'),
    });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain(secret);
  });
});

describe('the trial of a mail server', () => {
  const trial = async (settings: Partial<SmtpSettings>, mail?: MailMessage) => {
    const transport = createSmtpTransport(SENDER, smtpSettings(settings));
    const { ok, steps, sentence } = await transport.verify(mail);
    transport.close();
    return { ok, failed: steps.find(({ result }) => result === 'failed')?.step, steps, sentence };
  };

  it('passes every step, and sends the mail it is given', async () => {
    const server = await start(login);
    const { ok, steps, sentence } = await trial({ port: server.port, credentials }, message());
    expect({ ok, sentence }).toEqual({
      ok: true,
      sentence: `127.0.0.1:${server.port} took the mail, encrypted only if the server offers it, as mailer.`,
    });
    expect(steps.map(({ step, result }) => `${step} ${result}`)).toEqual([
      'resolve passed',
      'connect passed',
      'tls skipped',
      'greeting passed',
      'login passed',
      'sender passed',
      'recipient passed',
      'message passed',
    ]);
    expect(server.mails).toHaveLength(1);
  });

  it('sends nothing without a mail', async () => {
    const server = await start();
    expect(await trial({ port: server.port })).toMatchObject({ ok: true });
    expect(server.mails).toEqual([]);
  });

  it('names a host that does not resolve', async () => {
    expect(await trial({ host: 'mail.invalid', timeoutSeconds: 5 })).toMatchObject({
      ok: false,
      failed: 'resolve',
      sentence: expect.stringContaining("mail.invalid can't be resolved"),
    });
  });

  it('names a port on which nothing listens', async () => {
    expect(await trial({ port: await freePort() })).toMatchObject({
      ok: false,
      failed: 'connect',
      sentence: expect.stringContaining('Nothing accepts connections'),
    });
  });

  it('names a server that says nothing', async () => {
    const server = tracked(await startRawServer(() => {}));
    expect(await trial({ port: server.port })).toMatchObject({
      failed: 'greeting',
      sentence: expect.stringContaining('no greeting within 1 s'),
    });
  });

  it('names a server that hangs up', async () => {
    const server = tracked(await startRawServer((socket) => socket.destroy()));
    expect(await trial({ port: server.port })).toMatchObject({
      failed: 'connect',
      sentence: expect.stringMatching(/closed the connection .*expects TLS from the start/),
    });
  });

  it('names a port that is silent where TLS was to begin', async () => {
    const server = tracked(await startRawServer(() => {}));
    expect(await trial({ port: server.port, tls: 'implicit' })).toMatchObject({
      failed: 'connect',
      sentence: expect.stringMatching(/did not answer within 1 s.*the port is for STARTTLS/),
    });
  });

  it('names a server that turns this client away', async () => {
    const server = tracked(await startRawServer((socket) => socket.end('554 no service for you\r\n')));
    expect(await trial({ port: server.port })).toMatchObject({
      failed: 'greeting',
      sentence: expect.stringContaining('"554 no service for you"'),
    });
  });

  it.each(['421', '501'])('says so when the name it greets by is refused with %s', async (code) => {
    const greetings: string[] = [];
    const answer = (socket: Socket) => {
      socket.write('220 hello\r\n');
      socket.on('data', (data) => {
        greetings.push(String(data).trim());
        socket.write(`${code} closing\r\n`);
      });
    };
    const { port } = tracked(await startRawServer(answer));
    const sentence = expect.stringContaining(
      `greeted by the name cvat.example.org, it said "${code} closing"`,
    );
    expect(await trial({ port })).toMatchObject({ failed: 'greeting', sentence });
    expect(greetings[0]).toBe('EHLO cvat.example.org');
  });

  it('tells TLS from the start and STARTTLS apart', async () => {
    const server = await start();
    expect(await trial({ port: server.port, tls: 'implicit' })).toMatchObject({
      failed: 'tls',
      sentence: expect.stringContaining('does not speak TLS from the start'),
    });
    expect(await trial({ port: server.port, tls: 'starttls' })).toMatchObject({ failed: 'tls' });
  });

  it('names a refused login, without the password that the server repeats', async () => {
    const server = await start(login);
    const result = await trial({ port: server.port, credentials: { user: 'mailer', password: 'hunter2' } });
    expect(result).toMatchObject({
      failed: 'login',
      sentence: expect.stringContaining('refuses the login as mailer'),
    });
    expect(result.sentence).not.toContain('hunter2');
    expect(result.steps.map(({ result: each }) => each)).toEqual([
      'passed',
      'passed',
      'skipped',
      'passed',
      'failed',
    ]);
  });

  it('names a refused sender', async () => {
    const server = await start({ onMailFrom: (_address, _session, done) => done(reply(553, 'not yours')) });
    expect(await trial({ port: server.port }, message())).toMatchObject({
      failed: 'sender',
      sentence: expect.stringMatching(
        /refuses mail from noreply@example.org.*"553 not yours".*DEFAULT_FROM_EMAIL/,
      ),
    });
  });

  it('names a refused recipient', async () => {
    const server = await start({
      onRcptTo: (_address, _session, done) => done(reply(550, '5.1.1 no such user')),
    });
    const { failed, sentence, steps } = await trial({ port: server.port }, message());
    expect({ failed, sentence }).toEqual({
      failed: 'recipient',
      sentence: 'The server refuses the recipient, it said "550 5.1.1 no such user".',
    });
    expect(steps.slice(-3).map(({ result }) => result)).toEqual(['passed', 'failed', 'skipped']);
  });

  it.each([
    ['of an unknown authority', undefined, 2, /unknown authority .*EMAIL_CA_FILE/],
    ['that has expired', 'IP:127.0.0.1', -1, /has expired .*needs a new one/],
    ['for another name', 'DNS:mail.example.org', 2, /is for another name/],
  ] as const)('names a certificate %s', async (what, names, days, sentence) => {
    const certificates = makeCertificates(names, days);
    const server = await start(certificates);
    const caFile = what === 'of an unknown authority' ? null : certificates.caFile;
    const result = await trial({ port: server.port, tls: 'starttls', caFile }, message());
    expect(result).toMatchObject({ failed: 'tls', sentence: expect.stringMatching(sentence) });
    expect(server.mails).toEqual([]);
  });

  /** Speaks SMTP until the client begins with `end` (a dot: the end of the mail), and then does what it is told. */
  const startTalker = async (end: string, act: (socket: Socket) => void) => {
    const talk = (socket: Socket) => {
      let received = '';
      socket.write('220 ready\r\n');
      socket.on('data', (data) => {
        const line = String(data);
        received += line;
        if (line.startsWith(end) || (end === '.' && received.endsWith('\r\n.\r\n'))) act(socket);
        else if (!received.includes('DATA\r\n')) socket.write('250 fine\r\n');
        else if (received.endsWith('DATA\r\n')) socket.write('354 go on\r\n');
      });
    };
    return tracked(await startRawServer(talk));
  };

  it.each([
    ['EHLO', 'greeting', 'EHLO'],
    ['MAIL', 'sender', 'MAIL'],
    ['RCPT', 'recipient', 'RCPT'],
    ['DATA', 'message', 'DATA'],
    ['.', 'message', 'DATA'],
  ])('names the step of a server that hangs up at %s, without a word', async (end, failed, verb) => {
    const server = await startTalker(end, (socket) => socket.destroy());
    const result = await trial({ port: server.port }, message());
    expect(result).toMatchObject({ ok: false, failed });
    expect(result.sentence).toMatch(
      new RegExp(`closed the connection in the middle of the conversation, after ${verb} \\(\\w+\\)\\.$`),
    );
  });

  it('tells the worker of such a server that it takes no mails now', async () => {
    const server = await startTalker('.', (socket) => socket.destroy());
    await expect(send({ port: server.port })).rejects.toMatchObject({
      step: 'message',
      verdict: 'unavailable',
    });
  });

  it('names a server that falls silent', async () => {
    const server = await start({ onData: (stream) => void stream.resume() });
    expect(await trial({ port: server.port }, message())).toMatchObject({
      failed: 'message',
      sentence: expect.stringContaining('stopped answering in the middle of the conversation, after DATA'),
    });
  });
});
