import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { simpleParser } from 'mailparser';
import { afterAll, describe, expect, it } from 'vitest';
import type { MailSettings } from '../../../../src/platform/mail/settings.js';
import { createMailTransport } from '../../../../src/platform/mail/transport.js';
import { message, SENDER, smtpSettings } from './fixtures.js';
import { startMailServer } from './mail-server.js';

const noLine = (line: string): void => {
  throw new Error(`wrote "${line}"`);
};

describe('the console transport', async () => {
  const lines: string[] = [];
  const transport = await createMailTransport({ kind: 'console', from: SENDER }, (line) => lines.push(line));

  it('writes the text, so that a newcomer finds the link', async () => {
    lines.length = 0;
    await transport.send(
      message({ subject: 'Confirm', text: 'Click:\nhttps://cvat.example.org/?a=1&b=2\n' }),
    );
    expect(lines).toEqual([
      '--- mail ---',
      'From: noreply@example.org',
      'To: ann@example.net',
      'Subject: Confirm',
      '',
      'Click:',
      'https://cvat.example.org/?a=1&b=2',
      '',
      '--- end of mail ---',
    ]);
  });

  it('sends no command to the terminal', async () => {
    lines.length = 0;
    await transport.send(message({ subject: '\x1b[2Jgone\r\n', text: 'a\x1b]0;title\x07b' }));
    expect(lines.join('')).not.toMatch(/\p{Cc}/u);
    expect(lines).toContain('Subject: [2Jgone');
  });

  it('refuses what is no address, like the others', async () => {
    await expect(transport.send(message({ to: 'a@b.org, c@d.org' }))).rejects.toMatchObject({
      verdict: 'refused',
    });
  });

  it('says in its trial that nobody receives the mails', async () => {
    expect(await transport.verify(message())).toMatchObject({
      ok: true,
      sentence: expect.stringContaining('nobody'),
    });
  });
});

describe('the file transport', () => {
  const parents: string[] = [];
  afterAll(() => Promise.all(parents.map((parent) => rm(parent, { recursive: true }))));

  const open = async () => {
    const parent = await mkdtemp(path.join(tmpdir(), 'mail-files-'));
    parents.push(parent);
    const folder = path.join(parent, 'mails');
    return { folder, transport: await createMailTransport({ kind: 'file', from: SENDER, folder }, noLine) };
  };

  it('writes a mail into a file that its owner alone may read', async () => {
    const { folder, transport } = await open();
    await transport.send(message({ subject: 'Grüße', text: 'Иван\n' }));
    const [name = ''] = await readdir(folder);
    expect(name).toBe('20260504T030201Z-0b9f7a52-3f0e-4f7e-8d0c-3f3a8f1f2a11.eml');
    const file = path.join(folder, name);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await simpleParser(await readFile(file))).toMatchObject({ subject: 'Grüße', text: 'Иван\n' });
  });

  it('writes a repeated mail once', async () => {
    const { folder, transport } = await open();
    await transport.send(message());
    await transport.send(message());
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('lets no id out of its folder', async () => {
    const { folder, transport } = await open();
    await transport.send(message({ id: '../../evil' }));
    expect(await readdir(folder)).toEqual(['20260504T030201Z-______evil.eml']);
  });

  it('waits for a folder that it may write', async () => {
    const { folder, transport } = await open();
    await writeFile(folder, 'a file, not a folder');
    await chmod(folder, 0o400);
    await expect(transport.send(message())).rejects.toMatchObject({
      verdict: 'unavailable',
      message: expect.stringMatching(/can't be written \(\w+\): correct EMAIL_FILE_PATH/),
    });
    expect(await transport.verify()).toMatchObject({ ok: false });
  });
});

describe('the SMTP transport', () => {
  it('is made of the settings, sends and tries the way', async () => {
    const server = await startMailServer();
    const smtp = smtpSettings({ port: server.port });
    const transport = await createMailTransport({ kind: 'smtp', from: SENDER, smtp }, noLine);
    expect(await transport.verify()).toMatchObject({ ok: true });
    await transport.send(message());
    expect(server.mails).toHaveLength(1);
    transport.close();
    await server.close();
  });
});

describe('no transport', () => {
  const settings: MailSettings = { kind: 'none' };

  it('says what to configure, when asked and when used', async () => {
    const transport = await createMailTransport(settings, noLine);
    expect(await transport.verify()).toMatchObject({
      ok: false,
      sentence: expect.stringContaining('EMAIL_URL'),
    });
    await expect(transport.send(message())).rejects.toMatchObject({ code: 'not_configured' });
  });
});
