import { spawn } from 'node:child_process';
import { freePort } from '../test/support/services.js';
import { type Bench, PREFIX } from './bench-context.js';
import { until } from './bench-server.js';

export const SELF = '/api/users/self';

/**
 * Starts `bench-floor.ts`.
 *
 * @param authorization the header with the API token that it looks up in its database
 * @returns its URL, once it listens
 */
export async function startFloor(
  { children, services }: Pick<Bench, 'children' | 'services'>,
  authorization: string,
): Promise<string> {
  const port = await freePort();
  const [, token = ''] = authorization.split(' ');
  const args = [String(port), services.DATABASE_URL, services.OPA_URL, token, PREFIX];
  const env = { ...process.env, NODE_ENV: 'production' };
  const command = ['--import', 'tsx', 'scripts/bench-floor.ts', ...args];
  children.push(spawn(process.execPath, command, { env, stdio: ['ignore', 'ignore', 'inherit'] }));
  await until(async () => (await fetch(`http://127.0.0.1:${port}/`)).ok);
  return `http://127.0.0.1:${port}`;
}
