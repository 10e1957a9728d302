import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.js';

/** PASSWORD_BREACH_FILE: wherever a new password is set. */

const BREACHED = 'Wiesel-42-quarks';
const GOOD = 'Otter-43-leptons';
const SENTENCE = ['This password has appeared in a data breach. Choose another one.'];

let folder: string;
let file: string;
let app: TestApp;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'breach-'));
  file = path.join(folder, 'breached.txt');
  const hashes = [BREACHED, ...Array.from({ length: 500 }, (_, i) => `other ${i}`)].map((password) =>
    createHash('sha1').update(password).digest('hex').toUpperCase(),
  );
  writeFileSync(
    file,
    hashes
      .sort()
      .map((hash, i) => `${hash}:${i + 1}\r\n`)
      .join(''),
  );
  app = await createTestApp({ env: { PASSWORD_BREACH_FILE: file } });
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

describe('a password from a breach', () => {
  it('is refused at registration', async () => {
    const body = { username: 'newcomer', password1: BREACHED, password2: BREACHED };
    const answer = await app.send('/api/auth/register', { method: 'POST', body });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ password1: SENTENCE });
  });

  it('is refused at a change, and one that is in no list is not', async () => {
    const account = await app.register('changer', { password1: GOOD });
    const change = (password: string) =>
      app.send('/api/auth/password/change', {
        method: 'POST',
        headers: account.authorization,
        body: { old_password: GOOD, new_password1: password, new_password2: password },
      });
    expect((await change(BREACHED)).json()).toEqual({ new_password2: SENTENCE });
    expect((await change(`${BREACHED}!`)).status).toBe(200);
  });

  it('keeps nobody out who has it already', async () => {
    const { username, password } = app.admin;
    expect((await app.send('/api/auth/login', { method: 'POST', body: { username, password } })).status).toBe(
      200,
    );
  });
});

describe('a list that can not be read any more', () => {
  it('answers 503 where a password is set, and says which part failed', async () => {
    truncateSync(file, 3);
    const body = { username: 'somebody', password1: GOOD, password2: GOOD };
    const answer = await app.send('/api/auth/register', { method: 'POST', body });
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'password_breach_file' });
  });
});
