import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { send } from '../support/http.js';
import { freePort } from '../support/services.js';
import { createCertificate, findProxy, hasProxy, nginxArguments, replaced, settingsIn } from './proxies.js';

/** The settings of docs/with-cvat.md for CVAT's user interface with this server alone, in nginx itself. */

describe.skipIf(!hasProxy('nginx'))('behind nginx, with the user interface and without CVAT', () => {
  let app: TestApp;
  let ui: Server;
  let url: string;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://localhost:${port}`;
    ui = createServer((_req, res) => res.end('<title>the user interface</title>'));
    await new Promise<void>((resolve) => ui.listen(0, '127.0.0.1', resolve));
    app = await createTestApp({ env: { PUBLIC_URL: url, UI_URL: url } });
    const folder = mkdtempSync(path.join(tmpdir(), 'nginx-ui-'));
    mkdirSync(path.join(folder, 'logs'));
    const [certificate, key] = createCertificate(folder, 'localhost');
    let settings = settingsIn('with-cvat.md', 'nginx-ui');
    settings = replaced(settings, 'listen 443 ssl;', `listen 127.0.0.1:${port};`);
    settings = replaced(settings, 'cvat-auth-server:8080', new URL(app.url).host);
    settings = replaced(settings, 'cvat-ui:8000', `127.0.0.1:${(ui.address() as AddressInfo).port}`);
    settings = replaced(settings, '/etc/ssl/cvat.example.org.pem', certificate);
    settings = replaced(settings, '/etc/ssl/cvat.example.org.key', key);
    const child = spawn(findProxy('nginx'), nginxArguments(folder, settings), { stdio: 'pipe' });
    const exited = once(child, 'exit');
    stop = async () => {
      child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    };
    for (let attempt = 0; attempt < 100; attempt += 1) {
      if (await send(url, '/').catch(() => undefined)) return;
      await delay(50);
    }
    throw new Error('nginx does not answer.');
  });
  afterAll(async () => {
    await stop?.();
    await app?.close();
    ui?.close();
  });

  it.each(['/', '/auth/login', '/organization', '/tasks', '/apis'])(
    '%s is of the user interface',
    async (target) => {
      expect((await send(url, target)).text).toContain('the user interface');
    },
  );

  it('what it asks for comes from this server: the API, the pages, and the logo with a size', async () => {
    expect((await send(url, '/api/users/self')).status).toBe(401);
    expect((await send(url, '/api/server/about')).json()).toMatchObject({
      logo_url: `${url}/static/logo.svg`,
    });
    expect((await send(url, '/account/sign-in')).status).toBe(200);
    const logo = await send(url, '/static/logo.svg');
    expect([logo.status, logo.headers['content-type'], logo.text]).toEqual([
      200,
      'image/svg+xml',
      expect.stringMatching(/^<svg [^>]*width="\d+" height="\d+"/),
    ]);
  });
});
