import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Certificates } from '../support/certificates.js';
import { findOpa } from '../support/programs.js';
import { freePort, isListening } from '../support/services.js';

export const RULES = fileURLToPath(new URL('../../rules', import.meta.url));
export const POLICY_WASM = fileURLToPath(new URL('../../rules/compiled/policy.wasm', import.meta.url));

/**
 * For `describe.skipIf(withoutOpa)`.
 *
 * @throws Error instead of skipping where `REQUIRE_SERVICES=1` says that OPA must be there
 */
export const withoutOpa = findOpa() === undefined;
if (withoutOpa && process.env['REQUIRE_SERVICES'] === '1')
  throw new Error('OPA is not installed, and REQUIRE_SERVICES=1.');

const execute = promisify(execFile);

/** Runs OPA in `rules/`; rejects with its output when it exits with an error. */
export async function opa(...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(findOpa() ?? 'opa', args, { cwd: RULES, maxBuffer: 256 * 1024 * 1024 });
  return stdout;
}

export interface OpaServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Starts an OPA server on a free port and waits until it listens. */
export const startOpa = async (...args: readonly string[]): Promise<OpaServer> =>
  startOpaOn(await freePort(), ...args);

/** Flags of CVAT's compose file, with a shorter wait between two pulls of the bundle. */
export const pulling = (from: string): readonly string[] => [
  `--set=services.cvat.url=${from}`,
  '--set=bundles.cvat.service=cvat',
  '--set=bundles.cvat.resource=/api/auth/rules',
  '--set=bundles.cvat.polling.min_delay_seconds=1',
  '--set=bundles.cvat.polling.max_delay_seconds=1',
];

export async function startOpaOn(port: number, ...args: readonly string[]): Promise<OpaServer> {
  const child = spawnOpa(port, args);
  const url = `http://127.0.0.1:${port}`;
  await waitFor(async () => (await fetch(`${url}/health`)).ok);
  return { url, close: () => stop(child) };
}

/** Starts an OPA server that only speaks TLS. */
export async function startOpaWithTls(
  { keyFile, certificateFile }: Certificates,
  ...args: readonly string[]
): Promise<OpaServer> {
  const port = await freePort();
  const child = spawnOpa(port, [
    `--tls-private-key-file=${keyFile}`,
    `--tls-cert-file=${certificateFile}`,
    ...args,
  ]);
  await waitFor(() => isListening(port));
  return { url: `https://127.0.0.1:${port}`, close: () => stop(child) };
}

/** Starts an OPA server on a socket, whose file may be left from an earlier one. */
export async function startOpaOnSocket(socket: string, ...args: readonly string[]): Promise<OpaServer> {
  const child = spawnOpaAt(`unix://${socket}`, args);
  await waitFor(
    () =>
      new Promise((resolve) => {
        const probe = connect(socket, () => resolve(true)).on('error', () => resolve(false));
        probe.unref().end();
      }),
  );
  return { url: `unix://${socket}`, close: () => stop(child) };
}

const spawnOpa = (port: number, args: readonly string[]): ChildProcess =>
  spawnOpaAt(`127.0.0.1:${port}`, args);

const spawnOpaAt = (address: string, args: readonly string[]): ChildProcess =>
  spawn(
    findOpa() ?? 'opa',
    ['run', '--server', `--addr=${address}`, '--disable-telemetry', '--log-level=error', ...args],
    { cwd: RULES, stdio: 'ignore' },
  );

async function stop(child: ChildProcess) {
  if (child.exitCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await exit;
}

/** Polls until a condition holds; a rejection counts as not yet. */
export async function waitFor(condition: () => Promise<boolean>, attempts = 200): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await condition().catch(() => false)) return;
    await sleep(50);
  }
  throw new Error('It did not happen in time.');
}
