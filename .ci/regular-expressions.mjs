/**
 * Looks for regular expressions of the sources whose time grows faster than their input: whoever chooses the input
 * chooses the time (ReDoS). They pass only in a list that says why nobody outside chooses it, or what bounds it.
 *
 *   node .ci/regular-expressions.mjs <folder>      where recheck is installed; the last line is "N passed, N failed"
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import ts from 'typescript';

/** Milliseconds for one expression, on a busy machine. */
const PATIENCE = 300_000;

const BOUNDED = [
  ['authorization/bundle/plugins.ts', 'files of the operator'],
  ['authorization/engines/opa-transport.ts', 'a setting'],
  ['platform/config/fields.ts', 'a setting'],
  ['platform/ldap/names.ts', 'names from the settings and the directory'],
  ['authentication/passwords/hashers/argon2.ts', 'a column of 128 characters'],
  ['authentication/passwords/validators/common.ts', 'behind an expression that admits 12 characters'],
];

const { check } = createRequire(path.join(path.resolve(process.argv[2] ?? '.'), 'index.js'))('recheck');
const literals = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => literalsOf(file));
const slow = [];
for (const { file, text } of literals) {
  const end = text.lastIndexOf('/');
  const { status, complexity } = await check(text.slice(1, end), text.slice(end + 1), { timeout: PATIENCE });
  if (status !== 'safe') slow.push({ file, text, found: `${status} ${complexity?.type ?? ''}`.trim() });
}
const refused = slow.filter(
  ({ file, found }) => found !== 'vulnerable polynomial' || !BOUNDED.some(([known]) => known === file),
);
const needless = BOUNDED.filter(([known]) => !slow.some(({ file }) => file === known));
for (const { file, text, found } of refused) console.log(`${found}: ${text} in src/${file}`);
for (const [file] of needless) console.log(`not slow any more, so take it off the list: src/${file}`);
const failed = refused.length + needless.length;
console.log(`${literals.length - refused.length} passed, ${failed} failed`);
process.exit(0);

function literalsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(path.join('src', file), 'utf8'), ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    if (node.kind === ts.SyntaxKind.RegularExpressionLiteral) found.push({ file, text: node.text });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
