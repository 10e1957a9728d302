/** Parses TypeScript for the checks of this folder: only syntax, no types. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** @returns the TypeScript files below the folders, with paths relative to the root of the project */
export function readSources(folders) {
  return folders
    .flatMap((folder) => readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.(tsx?|mjs)$/.test(entry.name))
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)))
    .sort()
    .map((file) => {
      const text = readFileSync(path.join(ROOT, file), 'utf8');
      return { file, text, tree: ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true) };
    });
}

/** Calls `visit` for a node and everything below it. */
export function walk(node, visit) {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** @returns `file:line` of a node, as editors and terminals link it */
export function placeOf({ file, tree }, node) {
  return `${file}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}`;
}

/**
 * @returns every module that a file imports, exports from, or loads: where, which path of the project (undefined for a
 *   package), the names taken from it (undefined for all), and whether they are types only
 */
export function importsOf(source) {
  const found = [];
  walk(source.tree, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier !== undefined)
        found.push(describe(source, node, node.moduleSpecifier, namesOf(node)));
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      if (ts.isStringLiteralLike(node.arguments[0])) found.push(describe(source, node, node.arguments[0]));
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      found.push(describe(source, node, node.argument.literal));
    }
  });
  return found;
}

function describe({ file }, node, specifier, names) {
  const { text } = specifier;
  const target = text.startsWith('.') ? sourceOf(path.join(path.dirname(file), text)) : undefined;
  return { node, text, target, names, isType: isTypeOnly(node) };
}

/** Imports name the compiled file. */
function sourceOf(file) {
  const name = file.replace(/\.js$/, '');
  return existsSync(path.join(ROOT, `${name}.tsx`)) ? `${name}.tsx` : file.replace(/\.js$/, '.ts');
}

function isTypeOnly(node) {
  if (ts.isImportTypeNode(node)) return true;
  const clause = ts.isImportDeclaration(node) ? node.importClause : node;
  if (clause?.isTypeOnly) return true;
  const bindings = ts.isImportDeclaration(node) ? clause?.namedBindings : clause.exportClause;
  return clause?.name === undefined && bindings?.elements?.every((element) => element.isTypeOnly) === true;
}

function namesOf(node) {
  const clause = ts.isImportDeclaration(node) ? node.importClause : node;
  const bindings = ts.isImportDeclaration(node) ? clause?.namedBindings : node.exportClause;
  if (clause === undefined) return [];
  if (bindings === undefined) return ts.isImportDeclaration(node) ? ['default'] : undefined;
  if (ts.isNamespaceImport(bindings) || ts.isNamespaceExport(bindings)) return undefined;
  const named = bindings.elements.map((element) => (element.propertyName ?? element.name).text);
  return ts.isImportDeclaration(node) && clause.name !== undefined ? ['default', ...named] : named;
}
