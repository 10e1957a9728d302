import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { blocksOf } from '../support/document-blocks.js';
import { onPath } from '../support/programs.js';
import { freePort } from '../support/services.js';

/** The proxies for which the documents have settings. */
export const PROXIES = ['nginx', 'caddy', 'traefik'] as const;
export type ProxyName = (typeof PROXIES)[number];

/** The name that people open, in the documented settings. */
export const HOST = 'auth.example.org';

const programOf = (name: ProxyName): string | undefined =>
  [...onPath(name), `/usr/sbin/${name}`].find((file) => existsSync(file));

/** Whether the machine has a proxy; says so where it has not. @throws Error with REQUIRE_SERVICES=1 */
export function hasProxy(name: ProxyName): boolean {
  if (programOf(name) !== undefined) return true;
  if (process.env['REQUIRE_SERVICES'] === '1')
    throw new Error(`REQUIRE_SERVICES=1, and ${name} is not installed.`);
  process.stdout.write(`${name} is not installed, so the tests with it are skipped.\n`);
  return false;
}

/** @throws Error where the machine has not got it */
export function findProxy(name: ProxyName): string {
  const program = programOf(name);
  if (program === undefined) throw new Error(`${name} is not installed.`);
  return program;
}

/** @returns the block that a document marks as tested by this name. @throws Error when it has none */
export function settingsIn(document: string, name: string): string {
  const block = blocksOf(document).find(({ before }) => before === `<!-- tested: ${name} -->`);
  if (block === undefined) throw new Error(`docs/${document} has no settings of ${name}.`);
  return block.text;
}

/** Replaces something that has to be there. @throws Error when it is not */
export function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`The settings of the proxy have no ${from}.`);
  return text.replaceAll(from, to);
}

/** Signs a certificate with its own key. @returns the files of both */
export function createCertificate(folder: string, host: string): readonly [certificate: string, key: string] {
  const [certificate, key] = [path.join(folder, 'certificate.pem'), path.join(folder, 'key.pem')];
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', ...curve, '-days', '2', ...subject, ...files], { stdio: 'pipe' });
  return [certificate, key];
}

/** Writes the settings as the only ones of an nginx that stays in the foreground. @returns its arguments */
export function nginxArguments(folder: string, settings: string): readonly string[] {
  const file = path.join(folder, 'nginx.conf');
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    file,
    `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 256; }
http {
  log_format passing 'passed $upstream_status $request_uri';
  access_log ${folder}/access.log passing;
  ${bodies.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
${settings}
}
`,
  );
  return ['-p', folder, '-c', file, '-e', path.join(folder, 'error.log')];
}

interface Place {
  readonly folder: string;
  readonly port: number;
}

/** Writes the settings of a document, given all replacements but the port. @returns the arguments of the program */
const PREPARE: Readonly<
  Record<ProxyName, (place: Place, settings: (name: string) => string) => readonly string[]>
> = {
  nginx: ({ folder, port }, settingsOf) => {
    mkdirSync(path.join(folder, 'logs'));
    const settings = settingsOf('nginx');
    return nginxArguments(folder, replaced(settings, 'listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`));
  },
  caddy: ({ folder, port }, settingsOf) => {
    const site = `https://${HOST}:${port} {\n  bind 127.0.0.1`;
    const settings = replaced(settingsOf('caddy'), `${HOST} {`, site);
    const file = path.join(folder, 'Caddyfile');
    // Without its API and the port for redirects, which are the same for every Caddy of a machine.
    writeFileSync(file, `{\n  admin off\n  auto_https disable_redirects\n}\n${settings}`);
    return ['run', '--config', file, '--adapter', 'caddyfile'];
  },
  traefik: ({ folder, port }, settingsOf) => {
    const [file, dynamicFile] = [path.join(folder, 'traefik.yml'), path.join(folder, 'auth.yml')];
    writeFileSync(dynamicFile, settingsOf('traefik-file'));
    let settings = replaced(settingsIn('deployment.md', 'traefik'), ':443', `127.0.0.1:${port}`);
    settings = replaced(settings, '/etc/traefik/auth.yml', dynamicFile);
    // It asks nobody for newer releases.
    writeFileSync(file, `${settings}global:\n  checkNewVersion: false\n  sendAnonymousUsage: false\n`);
    return [`--configFile=${file}`];
  },
};

export interface ProxySettings {
  /** Which document has them, in docs. */
  readonly document: string;
  /** Ports of this machine in the document, and those that take their places. */
  readonly ports: Readonly<Record<number, number>>;
  /** Where it listens; any free one by default. */
  readonly port?: number;
}

/** Starts a proxy with the settings of a document, on a free port. */
export async function startProxy(name: ProxyName, { document, ports, ...place }: ProxySettings) {
  const folder = mkdtempSync(path.join(tmpdir(), `${name}-`));
  const port = place.port ?? (await freePort());
  const [certificate, key] = createCertificate(folder, HOST);
  const settingsOf = (block: string): string => {
    let text = settingsIn(document, block);
    for (const [from, to] of Object.entries(ports))
      text = replaced(text, `127.0.0.1:${from}`, `127.0.0.1:${to}`);
    text = replaced(text, `/etc/ssl/${HOST}.pem`, certificate);
    return replaced(text, `/etc/ssl/${HOST}.key`, key);
  };
  const child = spawn(findProxy(name), PREPARE[name]({ folder, port }, settingsOf), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  const exited = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const ca = readFileSync(certificate, 'utf8');
  const send = (target: string, options: ProxyRequest = {}): Promise<ProxyAnswer> =>
    sendThrough({ port, ca }, target, options);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const answer = await send('/livez').catch(() => undefined);
    if (answer?.status === 200) return { url: `https://${HOST}:${port}`, send, stop };
    if (child.exitCode !== null) break;
    await delay(100);
  }
  await stop();
  throw new Error(`${name} does not answer: ${output}`);
}

export type RunningProxy = Awaited<ReturnType<typeof startProxy>>;

interface ProxyRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Address to connect from, such as `127.0.0.2`. */
  readonly from?: string;
}

interface ProxyAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly setCookies: readonly string[];
  readonly text: string;
}

/** One request over TLS, whose certificate has to be that of the host. */
function sendThrough(
  { port, ca }: { readonly port: number; readonly ca: string },
  target: string,
  { method = 'GET', headers = {}, body, from }: ProxyRequest,
): Promise<ProxyAnswer> {
  const sent = { Host: `${HOST}:${port}`, ...(body && { 'Content-Type': 'application/json' }), ...headers };
  const place = { host: '127.0.0.1', port, servername: HOST, ca, ...(from && { localAddress: from }) };
  return new Promise((resolve, reject) => {
    request({ ...place, path: target, method, headers: sent, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () =>
        resolve({
          status: res.statusCode ?? 0,
          location: res.headers.location,
          setCookies: res.headers['set-cookie'] ?? [],
          text: Buffer.concat(chunks).toString(),
        }),
      );
    })
      .on('error', reject)
      .end(body && JSON.stringify(body));
  });
}
