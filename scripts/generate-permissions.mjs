#!/usr/bin/env node
/**
 * Writes docs/permissions.md from the decision tables in rules/matrix/, which the tests verify with every engine.
 *
 *   node scripts/generate-permissions.mjs           writes it
 *   node scripts/generate-permissions.mjs --check   exits 1 if it differs from the tables
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tsImport } from 'tsx/esm/api';

const { parseCsv } = await tsImport('../test/policy/csv.ts', import.meta.url);

const PAGE = fileURLToPath(new URL('../docs/permissions.md', import.meta.url));
const MATRIX = fileURLToPath(new URL('../rules/matrix/', import.meta.url));

const INTRODUCTION = `# Permissions

<!-- Generated from rules/matrix/ by scripts/generate-permissions.mjs. Change the tables, not this page. -->

Open Policy Agent decides with the rules in [rules/](../rules). This page is generated from the tables in
[rules/matrix/](../rules/matrix). The tests check every combination of their columns on each engine.

**Account role**: the highest group of the account, \`admin\`, \`user\` or \`worker\`. "any" includes accounts
without a group. An **admin can do everything** on this page, in every organization, so the tables are about the others.

**Context**: the organization that a request names (\`org\`, \`org_id\` or \`X-Organization\`), or the organization
of the object. "none" means the personal workspace.

**Role there**: the caller's role in that organization, from an active membership. *member*: any role. *staff*: the owner
or a maintainer. *other members*: any other role. *no member*: no active membership. An owner needs both: the organization's
record names them, *and* they have the role.

Everything that no row permits is refused. A row applies only if all its columns match; a dash means no condition.
`;

/** In the order of the page. */
const PACKAGES = [
  { name: 'users', title: 'Accounts', one: 'an account', many: 'accounts' },
  { name: 'organizations', title: 'Organizations', one: 'an organization', many: 'organizations' },
  { name: 'memberships', title: 'Memberships', one: 'a membership', many: 'memberships', belongs: true },
  { name: 'invitations', title: 'Invitations', one: 'an invitation', many: 'invitations', belongs: true },
  { name: 'access_tokens', title: 'Personal access tokens', one: 'a token', many: 'tokens' },
  {
    name: 'growth',
    title: 'Growth data (CVAT_VERSION 2.74 and newer)',
    one: 'growth data',
    many: 'growth data',
  },
  { name: 'server', title: 'Server', one: 'information about the server', many: '' },
];

const ACTIONS = {
  list: ({ many }) => `list ${many}`,
  create: ({ one }) => `create ${one}`,
  view: ({ one }) => `see ${one}`,
  update: ({ one }) => `change ${one}`,
  delete: ({ one }) => `delete ${one}`,
  transfer: ({ one }) => `hand over ${one}`,
  resend: ({ one }) => `send ${one} again`,
  accept: ({ one }) => `accept ${one}`,
  decline: ({ one }) => `decline ${one}`,
  'update:factor_requirement': () => 'require a second factor of the members',
  'update:personal_data': () => 'change the names',
  'update:email': () => 'change the e-mail address',
  'view:api_token': () => 'see whether there is an API token',
  'update:api_token': () => 'replace or revoke the API token',
  'view:sessions': () => 'see the sessions',
  'delete:sessions': () => 'end sessions',
  'view:linked_accounts': () => 'see the identities at providers',
  'create:linked_accounts': () => 'link an identity',
  'delete:linked_accounts': () => 'unlink an identity',
  'view:factors': () => 'see the second factors',
  'update:factors': () => 'set up and remove second factors',
  'delete:factors': () => 'remove all second factors of an account',
  'create:password_reset_link': () => 'make a link that sets the password',
  'update:permissions': () => 'change groups and flags',
  'change:role': () => 'change the role',
  'view:status': () => 'see the state and the settings',
  'list:content': () => 'browse the shared files',
};

const HEADS = { Privilege: 'Account role', Membership: 'Role there' };
const VALUES = { sandbox: 'none', none: 'no group' };

const page = `${[INTRODUCTION, ...PACKAGES.map(section), tokens()].join('\n')}`;
if (!process.argv.includes('--check')) writeFileSync(PAGE, page);
else if (readPage() !== page) {
  console.error(
    'docs/permissions.md is not what rules/matrix/ says. Run: node scripts/generate-permissions.mjs',
  );
  process.exitCode = 1;
}

function section(kind) {
  const { columns, rows } = read(kind.name);
  const own = rows.filter(({ Scope }) => Scope !== '*');
  const conditions = columns.filter(
    (column) => !['Scope', 'Request'].includes(column) && own.some((row) => row[column] !== '*'),
  );
  const lines = own.map((row) => [
    action(row.Scope, kind),
    `\`${row.Request}\``,
    ...conditions.map((column) =>
      cell(column, row[column], kind.belongs && !['list', 'create'].includes(row.Scope)),
    ),
  ]);
  const heads = ['To', 'Request', ...conditions.map((column) => HEADS[column] ?? column)];
  return `## ${kind.title}\n\n${table(heads, lines)}${kind.name === 'server' ? '' : `\n${lists(kind)}`}`;
}

function lists({ name, many }) {
  const { rows } = read(`${name}.filter`);
  const conditions = ['Privilege', 'Context', 'Membership'].filter((column) =>
    rows.some((row) => row[column] !== '*'),
  );
  const lines = rows.map((row) => [
    ...conditions.map((column) => cell(column, row[column], false)),
    row.Shows,
  ]);
  const heads = [...conditions.map((column) => HEADS[column] ?? column), `The list of ${many} shows`];
  return table(heads, lines);
}

function tokens() {
  const kinds = PACKAGES.map((kind) => ({ ...kind, plugin: `access_token_plugin.${kind.name}` }));
  const narrowed = kinds.filter(({ name }) => ['users', 'access_tokens'].includes(name));
  const allowed = narrowed.flatMap((kind) =>
    read(kind.plugin).rows.map((row) => `${action(row.Scope, kind)} (\`${row.Request}\`)`),
  );
  return `## With a personal access token

A personal access token has the permissions of its account, except that

- a read-only token can only read: \`GET\`, \`HEAD\` and \`OPTIONS\`;
- even a token with write access can only read accounts and tokens: ${allowed.join(', ')}.
`;
}

function action(scope, kind) {
  const words = ACTIONS[scope];
  if (words === undefined) throw new Error(`${kind.name}: no words for the scope ${scope}`);
  return words(kind);
}

/** Leaves out values that only tests send. `belongs`: the object has an organization of its own. */
function cell(column, text, belongs) {
  if (text === '*') return column === 'Privilege' ? 'any' : '–';
  if (text === 'user|worker|none') return 'any other';
  const words = { ...VALUES, organization: belongs ? 'its organization' : 'an organization' };
  const values = text.split('|').filter((value) => value !== 'no role');
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
    values.map((value) => words[value] ?? value),
  );
}

function table(heads, lines) {
  const rule = heads.map(() => '---');
  return `${[heads, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

function read(name) {
  return parseCsv(readFileSync(`${MATRIX}${name}.csv`, 'utf8'));
}

function readPage() {
  try {
    return readFileSync(PAGE, 'utf8');
  } catch {
    return '';
  }
}
