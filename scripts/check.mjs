#!/usr/bin/env node
/**
 * All checks of the sources that do not run them. Needs neither network nor services.
 *
 *   npm run check      one line per step; stops at the first failure and shows its output
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ROOT } from './source-files.mjs';

const tool = (name) => path.join(ROOT, 'node_modules', '.bin', name);
const script = (name) => path.join(ROOT, 'scripts', name);

const STEPS = [
  { name: 'format', run: [tool('biome'), 'format'], otherwise: 'Run: npm run format' },
  {
    name: 'lint',
    run: [tool('biome'), 'check', '--formatter-enabled=false', '--error-on-warnings'],
    otherwise: 'Correct what is named above, or try: npx biome check --write',
  },
  {
    name: 'boundaries',
    run: [process.execPath, script('check-boundaries.mjs')],
    otherwise: 'Each line says what to do instead.',
  },
  {
    name: 'tables',
    run: [process.execPath, script('check-tables.mjs')],
    otherwise: 'Each line says what to do instead.',
  },
  {
    name: 'unused code',
    run: [tool('knip'), '--no-progress'],
    otherwise: 'Remove what is named above, or only the word export if its own file uses it (knip.json).',
  },
  {
    name: 'sizes',
    run: [process.execPath, script('check-sizes.mjs')],
    otherwise: 'Split what is named above.',
  },
  {
    name: 'types',
    run: [tool('tsc'), '--noEmit', '-p', 'tsconfig.json'],
    otherwise: 'Correct what is named above.',
  },
  {
    name: 'generated files',
    run: [process.execPath, script('generate.mjs'), '--check'],
    otherwise: 'Run what is named above, and commit its result.',
  },
];

for (const { name, run, otherwise } of STEPS) {
  const [command, ...args] = run;
  const started = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}`);
    console.error(`\n${name}: failed${error === undefined ? '' : ` (${error.message})`}. ${otherwise}`);
    process.exit(1);
  }
  console.log(`${name}: ok (${seconds} s)`);
}
