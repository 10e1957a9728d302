/** Shared by the benchmarks: the built server as a process, and quantiles. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { freePort } from '../test/support/services.js';

export const ADMIN = { username: 'admin', password: 'bench-horse-battery' };

export function buildServer(): void {
  spawnSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { stdio: 'inherit' });
}

/**
 * Starts the built server with an administrator, on a free port.
 *
 * @param children receives the process, which the caller ends
 * @param folder for its data
 * @param services settings that override those of every benchmark
 * @returns its URL, once it is ready
 */
export async function startServer(
  children: ChildProcess[],
  folder: string,
  services: Readonly<Record<string, string>>,
): Promise<string> {
  const port = await freePort();
  const settings = {
    PORT: String(port),
    LOG_LEVEL: 'error',
    DATA_DIR: folder,
    THROTTLE_ANON: 'none',
    NODE_ENV: 'production',
  };
  const admin = {
    ADMIN_USERNAME: ADMIN.username,
    ADMIN_PASSWORD: ADMIN.password,
    SECRET_KEY: 'k'.repeat(40),
  };
  const env = { ...process.env, ...settings, ...admin, ...services };
  children.push(spawn(process.execPath, ['dist/main.js'], { env, stdio: 'inherit' }));
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/readyz`)).ok);
  return url;
}

/** @param pause milliseconds between two attempts. @throws Error after half a minute */
export async function until(probe: () => Promise<boolean>, pause = 50): Promise<void> {
  const end = performance.now() + 30_000;
  while (performance.now() < end) {
    if (await probe().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  throw new Error('A server of the benchmark did not come up.');
}

/** @returns the value below which the part `q` of the values lies, between two neighbours if need be; 0 without any */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const [below = 0, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below + (above - below) * (place - Math.floor(place));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);
