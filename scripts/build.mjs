#!/usr/bin/env node
/**
 * Builds dist/: compiles src/, writes the OpenAPI documents, and creates the archive that the embedded database starts
 * from.
 *
 *   node scripts/build.mjs              compiles; makes the archive if the migrations or the database changed
 *   node scripts/build.mjs --if-stale   does and prints nothing if the sources are those of the last build
 *
 * Without the development dependencies (npm ci --omit=dev) it leaves a complete dist/ as it is.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = path.join(ROOT, 'dist');
const SEED = path.join(DIST, 'embedded-seed.tar.gz');
const DOCUMENTS = path.join(DIST, 'features/api-docs/documents');
const STATE = path.join(DIST, '.build.json');
/** By its path: TypeScript's `exports` do not let its program be resolved. */
const COMPILER = path.join(ROOT, 'node_modules/typescript/bin/tsc');

const SOURCES = [
  'src',
  'migrations',
  'rules',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'scripts/build.mjs',
];
/** The sources that determine the content of the archive. */
const SEED_SOURCES = [
  'migrations',
  'src/platform/db/embedded',
  'node_modules/@electric-sql/pglite/package.json',
];

async function main() {
  const state = readState();
  const fingerprint = hashOf(SOURCES);
  const complete = existsSync(path.join(DIST, 'main.js')) && existsSync(SEED);
  if (process.argv.includes('--if-stale') && complete && state.sources === fingerprint) return;

  if (!existsSync(COMPILER)) {
    if (complete) return;
    fail(
      'dist/ is missing and TypeScript is not installed to make it: run npm ci with the development dependencies.',
    );
  }
  // An aborted build must not count as fresh; the archive is worth keeping.
  writeState({ seed: state.seed });
  compile();
  copyAssets();
  removeOrphans();
  await writeDocuments();
  const seedFingerprint = hashOf(SEED_SOURCES);
  if (!existsSync(SEED) || state.seed !== seedFingerprint) await buildSeed();
  writeState({ sources: fingerprint, seed: seedFingerprint });
}

function readState() {
  try {
    return JSON.parse(readFileSync(STATE, 'utf8'));
  } catch {
    return {};
  }
}

function writeState(state) {
  mkdirSync(DIST, { recursive: true });
  writeFileSync(STATE, `${JSON.stringify(state)}\n`);
}

/** @returns a hash of the names and contents of files, including all files in folders */
function hashOf(names) {
  const hash = createHash('sha256');
  for (const file of names.flatMap(listFiles)) {
    hash
      .update(`${path.relative(ROOT, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

function listFiles(name) {
  const start = path.resolve(ROOT, name);
  if (!existsSync(start)) return [];
  try {
    return readdirSync(start, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    if (error.code === 'ENOTDIR') return [start];
    throw error;
  }
}

/** Leaves dist/ unchanged if there is a type error. */
function compile() {
  const { status } = spawnSync(process.execPath, [COMPILER, '-p', 'tsconfig.build.json', '--noEmitOnError'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** Files of src/ that are not TypeScript are read at run time, from the folder of the code. */
function copyAssets() {
  for (const file of listFiles('src').filter((name) => !/\.tsx?$/.test(name))) {
    const target = path.join(DIST, path.relative(path.join(ROOT, 'src'), file));
    mkdirSync(path.dirname(target), { recursive: true });
    copyFileSync(file, target);
  }
}

/** Removes the output of deleted sources. */
function removeOrphans() {
  for (const file of listFiles('dist').filter((name) => /\.js(\.map)?$/.test(name))) {
    const source = path.join(ROOT, 'src', path.relative(DIST, file)).replace(/\.js(\.map)?$/, '');
    if (!['.ts', '.tsx', '.js'].some((ending) => existsSync(source + ending))) rmSync(file);
  }
}

const built = (name) => import(pathToFileURL(path.join(DIST, name)).href);

async function writeDocuments() {
  rmSync(DOCUMENTS, { recursive: true, force: true });
  const { writeDocuments: write } = await built('composition/built-documents.js');
  await write();
}

async function buildSeed() {
  const { makeSeed } = await built('platform/db/embedded/seed.js');
  await makeSeed(SEED, path.join(ROOT, 'migrations'));
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

await main();
