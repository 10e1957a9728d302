import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { onPath } from './programs.js';

const run = promisify(execFile);

/** CVAT's own clients, as PyPI has them, in an environment that lasts from run to run. */
const PACKAGES = ['cvat-sdk==2.62.0', 'cvat-cli==2.62.0'];
const FOLDER = path.resolve('node_modules/.cache/cvat-clients');
const READY = path.join(FOLDER, 'ready');

/**
 * Installs the clients, once.
 *
 * @returns the folder of their programs; undefined, after saying so, where Python or PyPI is not to be had
 * @throws Error in that case with REQUIRE_SERVICES=1
 */
export function installClients(): string | undefined {
  const bin = path.join(FOLDER, 'bin');
  if (existsSync(READY)) return bin;
  try {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(path.dirname(FOLDER), { recursive: true });
    const python = onPath('python3').find((candidate) => existsSync(candidate)) ?? 'python3';
    execFileSync(python, ['-m', 'venv', FOLDER], { stdio: 'pipe' });
    execFileSync(path.join(bin, 'pip'), ['install', '--quiet', ...PACKAGES], {
      stdio: 'pipe',
      timeout: 300_000,
    });
    writeFileSync(READY, PACKAGES.join('\n'));
    return bin;
  } catch (error) {
    if (process.env['REQUIRE_SERVICES'] === '1') throw error;
    process.stdout.write(
      `${PACKAGES.join(' and ')} could not be installed: the tests with CVAT's clients are skipped.\n`,
    );
    return undefined;
  }
}

/**
 * Runs a Python script that prints one JSON document.
 *
 * @param bin of `installClients`
 * @param values what the script finds in `sys.argv`
 */
export async function runPython(bin: string, script: string, values: readonly string[]): Promise<unknown> {
  const { stdout } = await run(path.join(bin, 'python'), ['-c', script, ...values], { timeout: 60_000 });
  return JSON.parse(stdout) as unknown;
}

export interface Ran {
  /** 0 for success. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the unmodified `cvat-cli`.
 *
 * @param bin of `installClients`
 * @param env credentials, which never are arguments; nothing else of this environment gets in
 */
export async function runCli(
  bin: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const options = { timeout: 60_000, env: { PATH: process.env['PATH'] ?? '', HOME: homedir(), ...env } };
  try {
    return { code: 0, ...(await run(path.join(bin, 'cvat-cli'), args, options)) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: unknown; stderr?: unknown };
    if (typeof code !== 'number') throw error;
    return { code, stdout: String(stdout), stderr: String(stderr) };
  }
}
