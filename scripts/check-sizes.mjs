#!/usr/bin/env node
/**
 * Keeps files and functions short and the type system whole: prints what there is beside what is allowed.
 *
 *   node scripts/check-sizes.mjs      exits 1 and names the places if something is above its limit
 *
 * A limit that needs three exceptions is the wrong limit: change it in a decision record.
 */
import ts from 'typescript';
import { placeOf, readSources, walk } from './source-files.mjs';

const sources = readSources(['src']).filter(({ file }) => /\.tsx?$/.test(file));
const tests = readSources(['test']);
const files = sources.map((source) => ({ place: source.file, size: linesOf(source) }));
const functions = sources.flatMap(functionsOf);
const assertions = sources.flatMap(assertionsOf);
const suppressions = [...sources, ...tests].flatMap(suppressionsOf);
const thousands = files.reduce((sum, { size }) => sum + size, 0) / 1000;

const checks = [
  { what: 'lines of a file, median', is: quantile(files, 0.5), limit: 80 },
  { what: 'lines of a file, p90', is: quantile(files, 0.9), limit: 200 },
  most('lines of a file', files, 300),
  most(
    'lines of a test',
    tests.map((source) => ({ place: source.file, size: linesOf(source) })),
    500,
  ),
  { what: 'lines of a function, p90', is: quantile(functions, 0.9), limit: 40 },
  most(
    'lines of a function',
    functions.filter(({ isFactory }) => !isFactory),
    60,
  ),
  most(
    'lines of a factory',
    functions.filter(({ isFactory }) => isFactory),
    100,
  ),
  most(
    'parameters of a function',
    functions.map(({ place, parameters }) => ({ place, size: parameters })),
    4,
  ),
  most(
    'levels of nesting',
    functions.map(({ place, nesting }) => ({ place, size: nesting })),
    3,
  ),
  share('assertions (as) in 1000 lines', assertions, 1),
  share('suppressions in 1000 lines', suppressions, 0.3),
  most(
    'suppressions without a reason',
    suppressions.filter(({ hasReason }) => !hasReason),
    0,
  ),
];

const width = Math.max(...checks.map(({ what }) => what.length));
console.log(
  `${files.length} files, ${functions.length} functions, ${Math.round(thousands * 1000)} lines of src`,
);
for (const { what, is, limit } of checks) {
  console.log(
    `${what.padEnd(width)}  ${String(is).padStart(5)}  of ${limit}${is > limit ? '  TOO MUCH' : ''}`,
  );
}
for (const { what, is, limit, places = [] } of checks.filter(({ is, limit }) => is > limit)) {
  console.error(`\nToo much: ${what}, ${is} of ${limit}.`);
  for (const { place, size = '' } of places) console.error(`  ${place} ${size}`);
  process.exitCode = 1;
}

function most(what, list, limit) {
  const places = list.filter(({ size = 1 }) => size > limit).sort((a, b) => b.size - a.size);
  return { what, is: Math.max(0, ...list.map(({ size = 1 }) => size)), limit, places };
}

function share(what, places, limit) {
  return { what, is: Number((places.length / thousands).toFixed(2)), limit, places };
}

function quantile(list, q) {
  const sizes = list.map(({ size }) => size).sort((a, b) => a - b);
  return sizes[Math.min(sizes.length - 1, Math.floor(q * sizes.length))] ?? 0;
}

function linesOf({ text }) {
  return text.split('\n').length - 1;
}

/** From the first line to the last, including nested functions. */
function functionsOf(source) {
  const found = [];
  walk(source.tree, (node) => {
    if (!isFunction(node) || node.body === undefined) return;
    found.push({
      place: placeOf(source, node),
      size: span(source, node),
      parameters: node.parameters.length,
      nesting: nestingOf(node.body),
      isFactory: isFactory(node),
    });
  });
  return found;
}

/** A function that only declares its members and returns them: it is as long as its list, and each member is measured. */
function isFactory({ body }) {
  if (!ts.isBlock(body)) return false;
  const isDeclaration = (node) => ts.isVariableStatement(node) || ts.isFunctionDeclaration(node);
  const [end, ...others] = body.statements.filter((statement) => !isDeclaration(statement));
  if (end === undefined || others.length > 0 || !ts.isReturnStatement(end)) return false;
  const { expression } = end;
  return expression !== undefined && (ts.isObjectLiteralExpression(expression) || isFunction(expression));
}

function isFunction(node) {
  return ts.isFunctionLike(node) && 'body' in node;
}

function span({ tree }, node) {
  const lineAt = (position) => tree.getLineAndCharacterOfPosition(position).line;
  return lineAt(node.end) - lineAt(node.getStart(tree)) + 1;
}

/** The depth of nested control flow; `else if` is not deeper than its `if`. */
function nestingOf(node) {
  let deepest = 0;
  ts.forEachChild(node, (child) => {
    if (isFunction(child)) return;
    const isElseIf = ts.isIfStatement(child) && ts.isIfStatement(node) && node.elseStatement === child;
    const own = isControlFlow(child) && !isElseIf ? 1 : 0;
    deepest = Math.max(deepest, own + nestingOf(child));
  });
  return deepest;
}

function isControlFlow(node) {
  return (
    ts.isIfStatement(node) ||
    ts.isIterationStatement(node, false) ||
    ts.isSwitchStatement(node) ||
    ts.isTryStatement(node)
  );
}

/** The compiler cannot check type assertions; `as const` and `as unknown` assert nothing. */
function assertionsOf(source) {
  const found = [];
  walk(source.tree, (node) => {
    if (ts.isAsExpression(node) && !/^(const|unknown)$/.test(node.type.getText()))
      found.push({ place: placeOf(source, node), size: node.getText() });
  });
  return found;
}

function suppressionsOf({ file, text }) {
  return text.split('\n').flatMap((line, index) => {
    const [, reason] = /\/[/*] (?:biome-ignore|@ts-expect-error)([^\n]*)/.exec(line) ?? [];
    if (reason === undefined) return [];
    return [{ place: `${file}:${index + 1}`, hasReason: /[:\s]\s*\S+ \S+/.test(reason) }];
  });
}
