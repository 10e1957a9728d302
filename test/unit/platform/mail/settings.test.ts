import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { StartError } from '../../../../src/kernel/start-error.js';
import {
  type MailConfig,
  parseEmailUrl,
  resolveMailSettings as resolve,
} from '../../../../src/platform/mail/settings.js';

describe('parseEmailUrl', () => {
  it('reads user, password, host, port and options', () => {
    expect(
      parseEmailUrl(
        'smtp://ann%40example.org:p%3Aa%2Fss%25@mail.example.org:2525?tls=implicit&ca=/ca.pem&timeout=7',
      ),
    ).toEqual({
      host: 'mail.example.org',
      port: 2525,
      tls: 'implicit',
      credentials: { user: 'ann@example.org', password: 'p:a/ss%' },
      caFile: '/ca.pem',
      timeoutSeconds: 7,
    });
  });

  it.each([
    ['smtp://mail.example.org', 587, 'opportunistic'],
    ['smtp://u:p@mail.example.org', 587, 'starttls'],
    ['smtp://u:p@mail.example.org?tls=opportunistic', 587, 'opportunistic'],
    ['smtp://u:p@localhost:1025', 1025, 'opportunistic'],
    ['smtp://u:p@127.0.0.1:1025', 1025, 'opportunistic'],
    ['smtp://u:p@[::1]:1025', 1025, 'opportunistic'],
    ['smtp://mail.example.org?ca=/ca.pem', 587, 'starttls'],
    ['smtp://mail.example.org:465', 465, 'implicit'],
    ['smtps://mail.example.org', 465, 'implicit'],
    ['smtps://mail.example.org:2465', 2465, 'implicit'],
  ])('takes for %s the port %i and TLS %s', (url, port, tls) => {
    expect(parseEmailUrl(url)).toMatchObject({ port, tls });
  });

  it.each([
    'http://u:secret@mail.example.org',
    'smtp://u:sec/ret@mail.example.org',
    'smtp://u:1?secret@mail.example.org',
    'smtp://u:1#secret@mail.example.org',
    'smtp://u:secret%@mail.example.org',
    'smtp://u:secret@',
    'smtp://u:secret@mail.example.org/path',
    'smtp://u:secret@mail.example.org?tsl=starttls',
    'smtp://u:secret@mail.example.org?tls=maybe',
    'smtp://u:secret@mail.example.org?timeout=0',
    'smtps://u:secret@mail.example.org?tls=starttls',
    'smtp://:secret@mail.example.org',
    'smtp://secret@mail.example.org',
    'secret',
  ])('refuses %s with a sentence that repeats none of it', (url) => {
    const parse = () => parseEmailUrl(url);
    expect(parse).toThrow(StartError);
    expect(parse).toThrow(/EMAIL_URL/);
    expect(parse).not.toThrow(/secret|ret@mail/);
  });
});

const resolveMailSettings = (names: Partial<MailConfig>, fallback: 'console' | 'none') =>
  resolve({ PUBLIC_URL: 'http://localhost:8080', ...names }, fallback);

describe('resolveMailSettings', () => {
  const login = { EMAIL_HOST_USER: 'ann', EMAIL_HOST_PASSWORD: 'secret' };

  it.each([
    [{ EMAIL_HOST: 'mail', ...login }, 'starttls'],
    [{ EMAIL_HOST: 'mail', ...login, EMAIL_PORT: 2525 }, 'starttls'],
    [{ EMAIL_HOST: 'mail', ...login, EMAIL_USE_SSL: true }, 'implicit'],
    [{ EMAIL_HOST: 'localhost', ...login }, 'opportunistic'],
    [{ EMAIL_HOST: '127.0.0.1', ...login }, 'opportunistic'],
    [{ EMAIL_HOST: 'mail', ...login, EMAIL_ALLOW_PLAINTEXT: true }, 'opportunistic'],
    [{ EMAIL_URL: 'smtp://ann:secret@mail' }, 'starttls'],
    [{ EMAIL_URL: 'smtp://ann:secret@mail?tls=opportunistic' }, 'opportunistic'],
  ])('lets no password leave the machine in plain text unless told so: %j is TLS %s', (names, tls) => {
    expect(resolveMailSettings(names, 'none')).toMatchObject({ smtp: { tls } });
  });

  it.each([
    ['https://cvat.example.org', 'noreply@cvat.example.org', 'cvat.example.org'],
    ['https://cvat.example.org:8443', 'noreply@cvat.example.org', 'cvat.example.org'],
    ['http://localhost:8080', 'webmaster@localhost', hostname()],
    ['http://192.0.2.1', 'webmaster@localhost', hostname()],
    ['http://cvat', 'webmaster@localhost', hostname()],
  ])('%s sends as %s, and greets as %s', (PUBLIC_URL, address, ehloName) => {
    expect(resolveMailSettings({ PUBLIC_URL, EMAIL_URL: 'smtp://mail' }, 'none')).toMatchObject({
      from: { name: '', address },
      smtp: { ehloName },
    });
  });

  it('greets by the name of EMAIL_EHLO_NAME, or by an address in brackets', () => {
    for (const EMAIL_EHLO_NAME of ['relay.example.org', 'relay', '[192.0.2.1]', '[IPv6:2001:db8::1]'])
      expect(resolveMailSettings({ EMAIL_HOST: 'mail', EMAIL_EHLO_NAME }, 'none')).toMatchObject({
        smtp: { ehloName: EMAIL_EHLO_NAME },
      });
  });

  it('sends nothing, or writes to the console, when nothing is configured', () => {
    expect(resolveMailSettings({}, 'none')).toEqual({ kind: 'none' });
    expect(resolveMailSettings({}, 'console')).toEqual({
      kind: 'console',
      from: { name: '', address: 'webmaster@localhost' },
    });
  });

  it('believes a backend more than the default and more than a named server', () => {
    expect(resolveMailSettings({ EMAIL_BACKEND: 'none', EMAIL_URL: 'smtp://localhost' }, 'console')).toEqual({
      kind: 'none',
    });
    expect(resolveMailSettings({ EMAIL_BACKEND: 'console' }, 'none')).toMatchObject({ kind: 'console' });
    expect(resolveMailSettings({ EMAIL_BACKEND: 'file', EMAIL_FILE_PATH: '/mails' }, 'none')).toMatchObject({
      kind: 'file',
      folder: '/mails',
    });
  });

  it.each([
    [{}, 25, 'opportunistic'],
    [{ EMAIL_USE_TLS: true, EMAIL_PORT: 587 }, 587, 'starttls'],
    [{ EMAIL_USE_TLS: true, EMAIL_PORT: 465 }, 465, 'starttls'],
    [{ EMAIL_PORT: 465 }, 465, 'implicit'],
    [{ EMAIL_USE_SSL: true }, 465, 'implicit'],
    [{ EMAIL_CA_FILE: '/ca.pem' }, 25, 'starttls'],
  ])("reads CVAT's names: %j means port %i and TLS %s", (names, port, tls) => {
    expect(resolveMailSettings({ EMAIL_HOST: 'mail', ...names }, 'none')).toMatchObject({
      kind: 'smtp',
      smtp: { host: 'mail', port, tls, credentials: null },
    });
  });

  it('takes the login from EMAIL_HOST_USER and EMAIL_HOST_PASSWORD', () => {
    expect(
      resolveMailSettings(
        { EMAIL_BACKEND: 'smtp', EMAIL_HOST_USER: 'ann', EMAIL_HOST_PASSWORD: 'secret' },
        'none',
      ),
    ).toMatchObject({ smtp: { host: 'localhost', credentials: { user: 'ann', password: 'secret' } } });
  });

  it.each([
    [
      { EMAIL_HOST: 'mail', EMAIL_HOST_USER: 'ann' },
      'EMAIL_HOST_USER and EMAIL_HOST_PASSWORD belong together',
    ],
    [
      { EMAIL_HOST: 'mail', EMAIL_USE_TLS: true, EMAIL_USE_SSL: true },
      'EMAIL_USE_TLS and EMAIL_USE_SSL are both true',
    ],
    [{ EMAIL_URL: 'smtp://mail', EMAIL_USE_TLS: true }, 'EMAIL_URL and EMAIL_USE_TLS are both set'],
    [{ EMAIL_URL: 'smtp://mail', EMAIL_HOST: 'mail' }, 'EMAIL_URL and EMAIL_HOST are both set'],
    [{ EMAIL_HOST: 'mail', DEFAULT_FROM_EMAIL: 'CVAT' }, 'DEFAULT_FROM_EMAIL is "CVAT"'],
    [{ EMAIL_BACKEND: 'file' as const }, 'set EMAIL_FILE_PATH'],
    [{ EMAIL_HOST: 'mail', EMAIL_EHLO_NAME: 'a b' }, 'EMAIL_EHLO_NAME is "a b"'],
    [{ EMAIL_HOST: 'mail', EMAIL_EHLO_NAME: 'a\r\nMAIL FROM:<x@y>' }, 'EMAIL_EHLO_NAME is'],
  ])('stops the start for %j', (config, sentence) => {
    expect(() => resolveMailSettings(config, 'none')).toThrow(StartError);
    expect(() => resolveMailSettings(config, 'none')).toThrow(sentence);
  });
});
