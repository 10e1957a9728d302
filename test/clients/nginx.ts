import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/services.js';
import { createCertificate, findProxy, nginxArguments, replaced, settingsIn } from './proxies.js';

/** @returns the settings that docs/with-cvat.md has for a proxy. @throws Error when it has none */
export const documentedSettings = (name: 'nginx' | 'traefik'): string => settingsIn('with-cvat.md', name);

/** Answers to what the tests ask of CVAT, in one: clients leave what they do not know. */
const ABOUT = { name: 'CVAT', description: '', version: '2.62.0', logo_url: '', subtitle: '' };
const EMPTY_LIST = { count: 0, next: null, previous: null, results: [] };

/** What stands for CVAT: answers its name, and keeps what it was asked. */
export async function startStandIn() {
  const seen: { method: string; url: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((req, res) => {
    seen.push({ method: req.method ?? '', url: req.url ?? '', headers: req.headers });
    req.resume();
    req.on('end', () => {
      res.setHeader('Content-Type', 'application/json');
      res.end(JSON.stringify({ stands_for: 'CVAT', ...ABOUT, ...EMPTY_LIST }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, seen, close };
}

export interface Upstreams {
  readonly identity: number;
  readonly cvat: number;
}

/** Starts nginx with the documented settings, on free ports, before the given upstreams. */
export async function startNginx({ identity, cvat }: Upstreams) {
  const program = findProxy('nginx');
  const folder = mkdtempSync(path.join(tmpdir(), 'nginx-'));
  mkdirSync(path.join(folder, 'logs'));
  const [plain, secure] = [await freePort(), await freePort()];
  const [certificate, key] = createCertificate(folder, 'localhost');
  let settings = documentedSettings('nginx');
  // The plain port is for tests that write bytes.
  settings = replaced(
    settings,
    'listen 443 ssl;',
    `listen 127.0.0.1:${plain}; listen 127.0.0.1:${secure} ssl;`,
  );
  settings = replaced(settings, 'cvat-auth-server:8080', `127.0.0.1:${identity}`);
  settings = replaced(settings, 'cvat-traefik:8080', `127.0.0.1:${cvat}`);
  settings = replaced(settings, '/etc/ssl/cvat.example.org.pem', certificate);
  settings = replaced(settings, '/etc/ssl/cvat.example.org.key', key);
  const log = path.join(folder, 'access.log');
  const child = spawn(program, nginxArguments(folder, settings), { stdio: 'pipe' });
  const exited = once(child, 'exit');
  await untilListening(child, plain);
  return {
    url: `http://localhost:${plain}`,
    secureUrl: `https://localhost:${secure}`,
    certificate: readFileSync(certificate, 'utf8'),
    /** How many requests nginx has passed on. */
    passedOn: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => /^passed \d/.test(line)).length,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @throws Error with what nginx wrote when it ends instead */
async function untilListening(child: ChildProcess, port: number): Promise<void> {
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${errors}`);
    const answers = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (answers) return;
    await delay(50);
  }
  throw new Error(`nginx does not answer: ${errors}`);
}
