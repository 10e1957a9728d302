import { execFileSync } from 'node:child_process';
import path from 'node:path';

/** The tests of this folder run what `npm start` runs: it is built once, before any of them. */
export function setup(): void {
  const root = path.resolve(import.meta.dirname, '../..');
  execFileSync(process.execPath, ['scripts/build.mjs', '--if-stale'], { cwd: root, stdio: 'inherit' });
}
