#!/usr/bin/env node
/**
 * Compiles rules/*.rego for the embedded engine, into rules/compiled/.
 *
 *   node scripts/build-rules.mjs          needs OPA (OPA_BIN, PATH or ~/go/bin)
 *   node scripts/build-rules.mjs --check  exits 1 if rules/compiled/ was made from other rules; with OPA at hand
 *                                         it also builds anew and compares the answers to all of rules/matrix/
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { tsImport } from 'tsx/esm/api';

const RULES = fileURLToPath(new URL('../rules', import.meta.url));
const COMPILED = path.join(RULES, 'compiled');

const load = (file) => tsImport(file, import.meta.url);
const { findPlugins, packagedFile, pluginsFile } = await load('../src/authorization/bundle/plugins.ts');
const { readRules, revisionOf } = await load('../src/authorization/bundle/sources.ts');
const { findOpa } = await load('../test/support/programs.ts');

const rules = await readRules([RULES]);
const revision = revisionOf(rules);
const opa = findOpa();

if (process.argv.includes('--check')) await check();
else build(COMPILED);

/**
 * Higher levels of optimization are not faster here, as measured (docs/decisions/0004-rego-layout.md).
 * Without --prune-unused OPA also wants an entrypoint for each function that asks one, and fails.
 */
function build(directory) {
  if (opa === undefined)
    fail('OPA is not installed: set OPA_BIN, or go install github.com/open-policy-agent/opa@v1.12.2');
  const scratch = mkdtempSync(path.join(tmpdir(), 'rules-'));
  try {
    const plugins = pluginsFile(findPlugins(rules.map(packagedFile)));
    writeFileSync(path.join(scratch, plugins.name), plugins.text);
    const files = [...rules.map(({ name }) => name), path.join(scratch, plugins.name)];
    execFileSync(
      opa,
      ['build', '-t', 'wasm', '--prune-unused', '-O', '0', '-o', `${scratch}/bundle.tar.gz`, ...files],
      { cwd: RULES },
    );
    execFileSync('tar', ['-xzf', 'bundle.tar.gz', '/policy.wasm'], { cwd: scratch, stdio: 'ignore' });
    const wasm = readFileSync(path.join(scratch, 'policy.wasm'));
    const metadata = { revision, wasm: sha256(wasm), opa: version() };
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, 'policy.wasm'), wasm);
    writeFileSync(path.join(directory, 'policy.json'), `${JSON.stringify(metadata, null, 2)}\n`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

async function check() {
  const metadata = JSON.parse(readFileSync(path.join(COMPILED, 'policy.json'), 'utf8'));
  const wasm = readFileSync(path.join(COMPILED, 'policy.wasm'));
  if (metadata.revision !== revision || metadata.wasm !== sha256(wasm)) {
    fail('rules/compiled/ was made from other rules. Run: npm run rules:build');
  }
  if (opa === undefined)
    return console.log('rules/compiled/ is of these rules; without OPA its answers were not compared.');

  const scratch = mkdtempSync(path.join(tmpdir(), 'rules-'));
  try {
    build(scratch);
    const { readMatrices } = await load('../test/policy/matrix.ts');
    const questions = readMatrices().map(({ question }) => question);
    const [committed, anew] = await Promise.all(
      [COMPILED, scratch].map((directory) => answersOf(directory, questions)),
    );
    if (!isDeepStrictEqual(committed, anew))
      fail('rules/compiled/ answers otherwise than its rules. Run: npm run rules:build');
    console.log(`rules/compiled/ is of these rules and gives their ${committed.length} answers.`);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

async function answersOf(directory, questions) {
  const { createEmbeddedEngine } = await load('../src/authorization/engines/opa-wasm.ts');
  const engine = await createEmbeddedEngine(path.join(directory, 'policy.wasm'));
  return engine.ask(questions);
}

function version() {
  return /^Version: (.+)$/m.exec(execFileSync(opa, ['version'], { encoding: 'utf8' }))?.[1];
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
