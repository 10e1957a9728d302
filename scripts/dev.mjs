#!/usr/bin/env node
/**
 * Starts the server from src/ for development, and again whenever a file that it imports, or .env, changes.
 *
 *   npm run dev      readable logs at a terminal, JSON otherwise
 *
 * Only this script uses pino-pretty: the server itself always writes JSON.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pretty from 'pino-pretty';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WATCHER = path.join(ROOT, 'node_modules/tsx/dist/cli.mjs');

const isTerminal = process.stdout.isTTY === true;
const watcher = spawn(
  process.execPath,
  [WATCHER, 'watch', '--clear-screen=false', '--include', '.env', path.join(ROOT, 'src/main.ts')],
  {
    stdio: ['ignore', isTerminal ? 'pipe' : 'inherit', 'inherit'],
    detached: true,
    // No load balancer has to notice a restart.
    env: { SHUTDOWN_DELAY: '0', ...process.env },
  },
);
watcher.stdout?.pipe(
  pretty({ colorize: pretty.isColorSupported, singleLine: true, translateTime: 'SYS:HH:MM:ss', sync: true }),
);
// Detached, and signalled once: a second signal makes the watcher kill the server before it can close its database.
let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (!isStopping) watcher.kill('SIGTERM');
    isStopping = true;
  });
}
watcher.once('close', (code) => process.exit(code ?? 1));
