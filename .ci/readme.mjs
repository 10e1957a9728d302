/**
 * Runs the commands of README.md. Its commands are fenced as sh below a mark such as <!-- ci: client -->.
 *
 *   node .ci/readme.mjs --print tests      prints the commands of a mark
 *   node .ci/readme.mjs <clone>            starts the server in a fresh clone and runs every block for a client;
 *                                          the last line is "N passed, N failed"
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const READY = 'http://localhost:8080/readyz';
const PATIENCE = 300_000;

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const blocksOf = (mark) =>
  [...readme.matchAll(/^<!-- ci: (\w+) -->\n```sh\n([\s\S]*?)^```$/gm)].filter(([, name]) => name === mark).map(([, , text]) => text);

if (process.argv[2] === '--print') process.stdout.write(blocksOf(process.argv[3]).join(''));
else await follow(process.argv[2]);

async function follow(clone) {
  const folder = mkdtempSync(path.join(tmpdir(), 'readme-'));
  // curl with its default settings, except that it reports error answers.
  writeFileSync(path.join(folder, '.curlrc'), 'fail-with-body\nsilent\nshow-error\n');
  const env = { ...process.env, ADMIN_PASSWORD: 'correct horse battery', CURL_HOME: folder };
  delete env.CI;
  const [start] = blocksOf('server');
  const server = spawn('bash', ['-euo', 'pipefail', '-c', start], { cwd: clone, env, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  const ended = once(server, 'exit');
  const results = [];
  try {
    results.push({ title: 'the server starts', ok: await isReady(server) });
    results.push(...(await runBlocks(blocksOf('client'), { cwd: folder, env })));
  } finally {
    process.kill(-server.pid, 'SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  }
  for (const { title, ok } of results) console.log(`${ok ? 'ok' : 'FAILED'}: ${title}`);
  const passed = results.filter(({ ok }) => ok).length;
  console.log(`${passed} passed, ${results.length - passed} failed`);
}

async function isReady(server) {
  const deadline = performance.now() + PATIENCE;
  while (server.exitCode === null && performance.now() < deadline) {
    const answer = await fetch(READY).catch(() => undefined);
    if (answer?.ok) return true;
    await delay(500);
  }
  return false;
}

/** In one shell, because later blocks use the variables of earlier ones. */
async function runBlocks(blocks, options) {
  const script = blocks.map((block, index) => `${block}\necho 'block ${index} is done'\n`).join('');
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', script], { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  shell.stdout.on('data', (chunk) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  await once(shell, 'close');
  return blocks.map((block, index) => ({ title: block.trim().split('\n')[0], ok: output.includes(`block ${index} is done`) }));
}
