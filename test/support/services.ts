import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createBundle } from '../../src/authorization/bundle/bundle.js';
import { findOpa, findRedis } from './programs.js';

/** The real services that a test run starts for itself, from the programs of the machine, on free ports. */

export interface Service {
  readonly url: string;
  readonly process: ChildProcess;
  readonly stop: () => Promise<void>;
  /** SIGSTOP and SIGCONT: alive, and silent. */
  readonly pause: () => void;
  readonly resume: () => void;
}

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

function supervise(url: string, child: ChildProcess, clean: () => void): Service {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    url,
    process: child,
    stop: async () => {
      child.kill('SIGCONT');
      child.kill('SIGINT');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await exited;
      clearTimeout(timer);
      clean();
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  };
}

async function waitFor(what: string, probe: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await probe().catch(() => false)) return;
    await delay(50);
  }
  throw new Error(`${what} did not come up.`);
}

/** @returns whether a process has this port of the loopback interface */
export const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });

export async function startRedis(port?: number): Promise<Service> {
  const binary = findRedis();
  if (binary === undefined) throw new Error('redis-server is not installed.');
  const chosen = port ?? (await freePort());
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-'));
  const child = spawn(
    binary,
    ['--port', String(chosen), '--bind', '127.0.0.1', '--save', '', '--dir', folder],
    { stdio: 'ignore' },
  );
  await waitFor('redis-server', () => isListening(chosen));
  return supervise(`redis://127.0.0.1:${chosen}/0`, child, () =>
    rmSync(folder, { recursive: true, force: true }),
  );
}

const NO_BUNDLE = [
  '--set=services.nobody.url=http://127.0.0.1:9',
  '--set=bundles.cvat.service=nobody',
  '--set=bundles.cvat.resource=/bundle',
];

/** OPA with the server's own bundle from a file; tests of the pull start theirs with the flags of the compose file. */
export async function startOpa(port?: number, { withBundle = true } = {}): Promise<Service> {
  const binary = findOpa();
  if (binary === undefined) throw new Error('opa is not installed.');
  const chosen = port ?? (await freePort());
  const folder = mkdtempSync(path.join(tmpdir(), 'opa-'));
  mkdirSync(folder, { recursive: true });
  const bundle = path.join(folder, 'bundle.tar.gz');
  writeFileSync(bundle, (await createBundle([path.resolve('rules')])).bytes);
  // Without its bundle it waits for one that never comes, as a fresh OPA does.
  const source = withBundle ? ['--bundle', bundle] : NO_BUNDLE;
  const args = ['run', '--server', `--addr=127.0.0.1:${chosen}`, '--log-level=error', ...source];
  const child = spawn(binary, args, { stdio: 'ignore' });
  const url = `http://127.0.0.1:${chosen}`;
  await waitFor('opa', async () => (await fetch(`${url}/health`)).ok);
  return supervise(url, child, () => rmSync(folder, { recursive: true, force: true }));
}
