#!/usr/bin/env node
/**
 * Saves a database as an earlier commit of this repository makes it, with an account, an organization and a token in it,
 * as test/database/earlier/NAME.sql. A test opens each of them with the server of today. Needs PostgreSQL's programs.
 *
 *   node scripts/save-database.mjs COMMIT [NAME]      run it for each release; NAME is COMMIT unless given
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { tsImport } from 'tsx/esm/api';
import { ROOT } from './source-files.mjs';

const PORT = '18080';
const URL_OF_SERVER = `http://localhost:${PORT}`;
const ADMIN = 'correct horse battery';
const PERSON = {
  username: 'wilma',
  email: 'wilma@example.org',
  password1: 'Wiesel-42-quarks',
  password2: 'Wiesel-42-quarks',
};
const ATTEMPTS = 300;

const [commit, name = commit] = process.argv.slice(2);
if (commit === undefined) throw new Error('Which commit? node scripts/save-database.mjs COMMIT [NAME]');
const { startPostgres } = await tsImport('../test/support/postgres-server.ts', import.meta.url);
const { findPostgres } = await tsImport('../test/support/programs.ts', import.meta.url);

const folder = mkdtempSync(path.join(tmpdir(), 'earlier-'));
const postgres = await startPostgres();
let server;
try {
  checkOut();
  server = startServer();
  await untilReady();
  await fill();
  save();
} finally {
  server?.kill();
  await postgres.remove();
  rmSync(folder, { recursive: true });
}

function checkOut() {
  const archive = execFileSync('git', ['archive', commit], { cwd: ROOT, maxBuffer: 1 << 30 });
  execFileSync('tar', ['--extract', '--directory', folder], { input: archive });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
}

function startServer() {
  return spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: postgres.url,
      PORT,
      ADMIN_PASSWORD: ADMIN,
      SECRET_KEY: 'x'.repeat(32),
    },
  });
}

/** Not with /readyz, which early commits answered before the first administrator existed. */
async function untilReady() {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const login = { username: 'admin', password: ADMIN };
    const isReady = await post('/api/auth/login', login).then(
      () => true,
      () => false,
    );
    if (isReady) return;
    await delay(100);
  }
  throw new Error(`The server of ${commit} did not start.`);
}

async function fill() {
  const { key } = await post('/api/auth/register', PERSON);
  await post('/api/organizations', { slug: 'before' }, key);
  await post('/api/auth/access_tokens', { name: 'backup' }, key);
}

async function post(route, body, token) {
  const answer = await fetch(URL_OF_SERVER + route, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token === undefined ? {} : { Authorization: `Token ${token}` }),
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

function save() {
  const dump = execFileSync(
    path.join(findPostgres(), 'pg_dump'),
    ['--inserts', '--no-owner', '--no-privileges', '--no-comments', `--dbname=${postgres.url}`],
    { encoding: 'utf8' },
  );
  const target = path.join(ROOT, 'test/database/earlier');
  mkdirSync(target, { recursive: true });
  // Session settings that another PostgreSQL release may not know, and commands that only psql understands.
  const text = dump
    .replace(/^(SET|SELECT pg_catalog\.set_config|\\|--).*\n/gm, '')
    .replace(/\n{3,}/g, '\n\n');
  writeFileSync(path.join(target, `${name}.sql`), text.trimStart());
}
