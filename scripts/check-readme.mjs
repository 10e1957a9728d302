#!/usr/bin/env node
/**
 * Does what README.md tells a newcomer, in a fresh clone: starts the server with its two words, and runs every block
 * that is marked `<!-- runs in CI -->` in one shell, in order.
 *
 *   node scripts/check-readme.mjs      prints a line for each block, and how many passed and failed
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT } from './source-files.mjs';

const MARK = /<!-- runs in CI -->\n```sh\n([\s\S]*?)```/g;
/** Milliseconds for `npm ci`, the build and the first start together. */
const START_LIMIT = 300_000;

const folder = mkdtempSync(path.join(tmpdir(), 'newcomer-'));
const clone = path.join(folder, 'cvat-auth-server');
const cloned = spawnSync('git', ['clone', '--quiet', ROOT, clone], { stdio: 'inherit' });
if (cloned.status !== 0) process.exit(1);
const readme = readFileSync(path.join(clone, 'README.md'), 'utf8');
const start = readme.match(/```sh\n(npm ci && npm start)\n```/)?.[1];
const blocks = [...readme.matchAll(MARK)].map(([, block]) => block);

let output = '';
const env = { ...process.env };
for (const name of Object.keys(env)) if (/^(npm_|DATABASE_URL|REDIS_URL|OPA_URL|PORT|HOST)/.test(name)) delete env[name];
const server = spawn('bash', ['-c', start ?? 'false'], { cwd: clone, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
server.stdout.on('data', (chunk) => (output += chunk));
server.stderr.on('data', (chunk) => (output += chunk));

let [passed, failed] = [0, 0];
try {
  report('npm ci && npm start', await isReady());
  const password = output.match(/with the password\n\n {4}(\S+)\n/)?.[1] ?? '';
  const shell = spawnSync('bash', ['-c', script(blocks)], { cwd: clone, encoding: 'utf8', input: `${password}\n` });
  blocks.forEach((block, number) => report(block.split('\n')[0], shell.stdout.includes(`\nblock ${number} done\n`)));
  if (failed > 0) process.stdout.write(`${shell.stdout}\n${shell.stderr}\n${output}\n`);
} finally {
  process.kill(-server.pid, 'SIGTERM');
  await delay(2000);
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`README: ${passed} passed, ${failed} failed\n`);
process.exit(failed > 0 ? 1 : 0);

async function isReady() {
  const limit = performance.now() + START_LIMIT;
  while (performance.now() < limit && server.exitCode === null) {
    if (output.includes('Ready at http://localhost:8080')) return true;
    await delay(200);
  }
  return false;
}

function script(commands) {
  return ['set -euo pipefail', ...commands.map((block, number) => `${block}\nprintf '\\nblock ${number} done\\n'`)].join('\n');
}

function report(what, worked) {
  if (worked) passed += 1;
  else failed += 1;
  process.stdout.write(`${worked ? 'ok' : 'FAILED'}: ${what}\n`);
}
