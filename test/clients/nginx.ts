import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onPath } from '../support/programs.js';
import { freePort } from '../support/services.js';

const NGINX = [...onPath('nginx'), '/usr/sbin/nginx'].find((file) => existsSync(file));
const DOCUMENT = path.resolve('docs/with-cvat.md');

/** Whether the machine has nginx; says so where it has none. @throws Error with REQUIRE_SERVICES=1 */
export function hasNginx(): boolean {
  if (NGINX !== undefined) return true;
  if (process.env['REQUIRE_SERVICES'] === '1')
    throw new Error('REQUIRE_SERVICES=1, and nginx is not installed.');
  process.stdout.write('nginx is not installed, so the tests with a proxy are skipped.\n');
  return false;
}

/** @returns the settings that docs/with-cvat.md has for a proxy. @throws Error when it has none */
export function documentedSettings(name: 'nginx' | 'traefik'): string {
  const marked = new RegExp(`<!-- tested: ${name} -->\\n\`\`\`\\w+\\n([^]*?)\`\`\``);
  const [, block] = marked.exec(readFileSync(DOCUMENT, 'utf8')) ?? [];
  if (block === undefined) throw new Error(`docs/with-cvat.md has no settings of ${name}.`);
  return block;
}

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

/** Replaces something that has to be there. @throws Error when it is not */
function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`The settings of nginx have no ${from}.`);
  return text.replaceAll(from, to);
}

/** Starts nginx with the documented settings, on free ports, before the given upstreams. */
export async function startNginx({ identity, cvat }: Upstreams) {
  if (NGINX === undefined) throw new Error('nginx is not installed.');
  const folder = mkdtempSync(path.join(tmpdir(), 'nginx-'));
  mkdirSync(path.join(folder, 'logs'));
  const [plain, secure] = [await freePort(), await freePort()];
  const [certificate, key] = createCertificate(folder);
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
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(file, wholeConfiguration(folder, log, settings));
  const child = spawn(NGINX, ['-p', folder, '-c', file, '-e', path.join(folder, 'error.log')], {
    stdio: 'pipe',
  });
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

const wholeConfiguration = (folder: string, log: string, settings: string): string => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 256; }
http {
  log_format passing 'passed $upstream_status $request_uri';
  access_log ${log} passing;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
${settings}
}
`;

function createCertificate(folder: string): readonly [certificate: string, key: string] {
  const [certificate, key] = [path.join(folder, 'certificate.pem'), path.join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const kind = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ];
  execFileSync('openssl', [...kind, ...subject, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
  return [certificate, key];
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
