#!/usr/bin/env node
/**
 * The rules of docs/architecture.md that Biome cannot express. biome.json separates the rings; this script checks
 * imports inside a ring, and which files may use time, randomness and SQL.
 *
 *   node scripts/check-boundaries.mjs      prints every violation with what to do instead; exits 1 if there is one
 */
import path from 'node:path';
import ts from 'typescript';
import { importsOf, placeOf, readSources, walk } from './source-files.mjs';

/** The neighbours that a folder may import. A folder that is missing here has no rules yet, which is an error. */
const NEIGHBOURS = {
  'src/platform': {
    config: ['values'],
    telemetry: [],
    process: [],
    db: ['telemetry'],
    redis: ['config'],
    throttle: ['config', 'redis'],
    mail: ['config', 'db', 'html', 'telemetry', 'values'],
    ldap: ['config', 'telemetry'],
    oidc: ['config'],
    otp: [],
    webauthn: ['values'],
    values: [],
    html: [],
    lists: ['db', 'values'],
    http: ['config', 'db', 'html', 'telemetry', 'values', 'lists'],
    openapi: ['http', 'lists'],
  },
  'src/features': {
    users: [],
    memberships: ['users'],
    organizations: ['users', 'memberships', 'preferences'],
    preferences: [],
    invitations: ['users', 'memberships', 'organizations', 'preferences'],
    'access-tokens': ['users'],
    sessions: ['users'],
    growth: ['users'],
    factors: ['users', 'accounts'],
    'forward-auth': ['users'],
    identities: ['users', 'access-tokens'],
    directory: ['users', 'access-tokens'],
    accounts: ['users', 'access-tokens', 'invitations', 'preferences'],
    'sign-on': ['users', 'memberships', 'invitations', 'accounts'],
    'cvat-import': ['users', 'memberships', 'organizations', 'invitations', 'access-tokens'],
    'server-info': [],
    'api-docs': [],
    operations: [],
    'policy-bundle': [],
    pages: [],
  },
};

/** Modules that a file in a feature may only import for types, by its name: routes → service → repository. */
const ROLES = [
  {
    file: /(^|-)routes\.ts$/,
    packages: /^pg$/,
    siblings: /(^|-)repository\.ts$/,
    advice: 'a handler asks its service, which alone knows the database',
  },
  {
    file: /(^|-)repository\.ts$/,
    packages: /^(express|zod)$/,
    siblings: /^(routes|service|present|access|mails|schemas|.*-routes)\.ts$/,
    advice: 'a repository is functions over a database: let its caller pass what it needs',
  },
  {
    file: /(^|-)service\.ts$/,
    packages: /^express$/,
    siblings: /^(routes|.*-routes)\.ts$/,
    advice: 'a service knows no HTTP: let routes.ts translate',
  },
  {
    file: /^schemas\.ts$/,
    packages: /^(?!zod$)/,
    siblings: /./,
    advice: 'schemas.ts describes the wire with zod and nothing else',
  },
];

/** Libraries that only one folder may import, and what others do instead. */
const HOMES = {
  'prom-client': {
    folder: 'src/features/operations/metrics/',
    advice: 'tell an observer, and let container.ts pass the one of the metrics',
  },
};

/** Files that may contain SQL. */
const SQL_FILES = [
  /^src\/features\/.*(\/|-)repository\.ts$/,
  /^src\/platform\/db\//,
  /^src\/platform\/lists\//,
  /^src\/platform\/mail\/outbox\.ts$/,
  /^src\/authorization\/list-filter\.ts$/,
  /^src\/composition\//,
];
const SQL_TEXT =
  /^\s*(select\s[\s\S]*\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|create\s+table\s)/i;

const CHANCE = /^(randomBytes|randomFill|randomFillSync|randomInt|randomUUID|getRandomValues|webcrypto)$/;

const problems = [];
for (const source of readSources(['src']).filter(({ file }) => /\.tsx?$/.test(file))) {
  checkNeighbours(source);
  checkRole(source);
  checkHomes(source);
  checkTimeAndChance(source);
  checkSql(source);
}
for (const source of readSources(['test'])) checkRows(source);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function report(source, node, sentence) {
  problems.push(`${placeOf(source, node)}: ${sentence}`);
}

function checkNeighbours(source) {
  for (const [ring, folders] of Object.entries(NEIGHBOURS)) {
    const own = folderBelow(ring, source.file);
    if (own === undefined) continue;
    const allowed = folders[own];
    if (allowed === undefined) {
      report(
        source,
        source.tree,
        `${ring}/${own} has no rules: say in scripts/check-boundaries.mjs whom it may use.`,
      );
      continue;
    }
    for (const { node, target } of importsOf(source)) {
      const other = target === undefined ? undefined : folderBelow(ring, target);
      if (other === undefined || other === own) continue;
      if (!allowed.includes(other)) {
        report(
          source,
          node,
          `${own} may not use ${other}: take what it needs as a parameter, and let container.ts pass it.`,
        );
      } else if (ring === 'src/features' && target !== `${ring}/${other}/index.ts`) {
        report(source, node, `${other} is used through its index.ts: export it there if others may use it.`);
      }
    }
  }
}

/** @returns `users` for `src/features/users/routes.ts` below `src/features` */
function folderBelow(ring, file) {
  return file.startsWith(`${ring}/`) ? file.slice(ring.length + 1).split('/')[0] : undefined;
}

function checkRole(source) {
  if (!source.file.startsWith('src/features/')) return;
  const name = path.basename(source.file);
  const role = ROLES.find(({ file }) => file.test(name));
  if (role === undefined) return;
  for (const { node, text, target } of importsOf(source).filter(({ isType }) => !isType)) {
    const isSibling = target !== undefined && path.dirname(target) === path.dirname(source.file);
    if (
      target === undefined ? role.packages.test(text) : isSibling && role.siblings.test(path.basename(target))
    ) {
      report(source, node, `${name} may not import ${text}: ${role.advice}.`);
    }
  }
}

function checkHomes(source) {
  for (const { node, text } of importsOf(source)) {
    const home = HOMES[text];
    if (home !== undefined && !source.file.startsWith(home.folder))
      report(source, node, `${text} belongs to ${home.folder}: ${home.advice}.`);
  }
}

function checkTimeAndChance(source) {
  if (source.file.startsWith('src/kernel/')) return;
  walk(source.tree, (node) => {
    if (
      ts.isNewExpression(node) &&
      node.expression.getText() === 'Date' &&
      (node.arguments ?? []).length === 0
    ) {
      report(
        source,
        node,
        'new Date() reads the clock of the machine: take a Clock (kernel/clock.ts) as a parameter.',
      );
    } else if (ts.isPropertyAccessExpression(node) && /^(Date|performance)\.now$/.test(node.getText())) {
      report(
        source,
        node,
        `${node.getText()} reads the clock of the machine: take a Clock (kernel/clock.ts) as a parameter.`,
      );
    } else if (ts.isPropertyAccessExpression(node) && node.getText() === 'Math.random') {
      report(source, node, 'Math.random can be guessed: take a Random (kernel/random.ts) as a parameter.');
    } else if (ts.isIdentifier(node) && CHANCE.test(node.text)) {
      report(source, node, `${node.text} belongs to kernel/random.ts: take a Random as a parameter.`);
    }
  });
}

function checkSql(source) {
  if (SQL_FILES.some((pattern) => pattern.test(source.file))) return;
  walk(source.tree, (node) => {
    const isTagged = ts.isTaggedTemplateExpression(node) && node.tag.getText() === 'sql';
    const isText = (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) && SQL_TEXT.test(node.text);
    if (isTagged || isText)
      report(source, node, 'SQL belongs to a repository of its feature (repository.ts or *-repository.ts).');
  });
}

/** Rows that tests of the server write or read have a function in test/support, named for what it makes. */
function checkRows(source) {
  if (!/^test\/(api|faults|clients)\//.test(source.file)) return;
  const refuse = (node) =>
    report(
      source,
      node,
      'SQL belongs to test/support: take a function of its *rows.ts or tables.ts, or add one.',
    );
  for (const { node, target } of importsOf(source)) if (target === 'src/platform/db/sql.ts') refuse(node);
  walk(source.tree, (node) => {
    if (ts.isCallExpression(node) && /\bdb\.query$/.test(node.expression.getText())) refuse(node);
  });
}
