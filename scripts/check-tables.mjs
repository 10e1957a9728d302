#!/usr/bin/env node
/**
 * Checks which folder writes to which table: one folder each, whose index.ts exports the functions that others need in
 * their transactions. Others may read a table in a join or a condition of their own if READERS allows it. The SQL of
 * src is compared with both lists, and both lists with the migrations.
 *
 *   node scripts/check-tables.mjs      prints every violation with what to do instead; exits 1 if there is one
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { placeOf, ROOT, readSources, walk } from './source-files.mjs';

/** The only folder that writes to a table; null for a table that this server does not write to. */
const WRITERS = {
  auth_user: 'src/features/users',
  auth_group: 'src/features/users',
  auth_user_groups: 'src/features/users',
  engine_profile: 'src/features/users',
  account_emailaddress: 'src/features/users',
  account_emailconfirmation: 'src/features/users',
  authtoken_token: 'src/features/users',
  auth_server_password_lineage: 'src/features/users',
  auth_server_profiles: 'src/features/users',
  organizations_membership: 'src/features/memberships',
  organizations_organization: 'src/features/organizations',
  auth_server_organization_transfers: 'src/features/organizations',
  auth_server_factor_requirements: 'src/features/organizations',
  organizations_invitation: 'src/features/invitations',
  access_tokens_accesstoken: 'src/features/access-tokens',
  auth_server_access_tokens: 'src/features/access-tokens',
  auth_server_address_proofs: 'src/features/accounts',
  auth_server_pending_approvals: 'src/features/accounts',
  auth_server_directory_accounts: 'src/features/directory',
  auth_server_preferences: 'src/features/preferences',
  auth_server_growth: 'src/features/growth',
  // CVAT writes it too.
  growth_usergrowthdata: 'src/features/growth',
  auth_server_factors_totp: 'src/features/factors',
  auth_server_factors_webauthn: 'src/features/factors',
  auth_server_webauthn_handles: 'src/features/factors',
  auth_server_webauthn_spent: 'src/features/factors',
  auth_server_recovery_codes: 'src/features/factors',
  socialaccount_socialaccount: 'src/features/sign-on',
  auth_server_sign_ons: 'src/features/sign-on',
  auth_server_sign_on_roles: 'src/features/sign-on',
  auth_server_sign_on_memberships: 'src/features/sign-on',
  django_site: 'src/features/cvat-import',
  auth_server_outbox: 'src/platform/mail',
  auth_server_migrations: 'src/platform/db',
  auth_server_settings: 'src/composition',
  // connect-pg-simple writes it too.
  auth_server_sessions: 'src/features/sessions',
  // CVAT writes it too.
  django_session: 'src/features/sessions',
  auth_server_shared_sessions: 'src/features/sessions',
  auth_user_user_permissions: null,
};

/** Tables of other folders that a folder reads. */
const READERS = {
  'src/composition': ['django_site'],
  'src/features/access-tokens': ['auth_user', 'organizations_membership', 'organizations_organization'],
  'src/features/accounts': [
    'account_emailaddress',
    'auth_group',
    'auth_user',
    'auth_user_groups',
    'socialaccount_socialaccount',
  ],
  'src/features/cvat-import': [
    'access_tokens_accesstoken',
    'account_emailaddress',
    'auth_group',
    'auth_server_access_tokens',
    'auth_user',
    'auth_user_groups',
    'authtoken_token',
    'organizations_invitation',
    'organizations_membership',
    'organizations_organization',
  ],
  'src/features/directory': ['auth_user'],
  'src/features/growth': ['auth_user'],
  'src/features/preferences': ['auth_user'],
  'src/features/sign-on': ['auth_user', 'organizations_membership', 'organizations_organization'],
  'src/features/identities': [
    'access_tokens_accesstoken',
    'account_emailaddress',
    'auth_server_access_tokens',
    'auth_server_address_proofs',
    'auth_server_password_lineage',
    'auth_user',
    'authtoken_token',
    'organizations_membership',
    'organizations_organization',
    'auth_server_factor_requirements',
    'auth_server_factors_totp',
    'auth_server_factors_webauthn',
  ],
  'src/features/invitations': [
    'account_emailaddress',
    'auth_user',
    'organizations_membership',
    'organizations_organization',
  ],
  'src/features/memberships': ['auth_user', 'organizations_invitation', 'organizations_organization'],
  'src/features/organizations': ['auth_user', 'organizations_invitation', 'organizations_membership'],
  'src/features/users': [
    'access_tokens_accesstoken',
    'auth_server_directory_accounts',
    'auth_server_pending_approvals',
    'organizations_invitation',
    'organizations_membership',
    'socialaccount_socialaccount',
  ],
};

/** Files that take the name of a table from PostgreSQL's catalog or from a list of temporary tables. */
const NAMELESS_WRITERS = [
  'src/features/users/removal-repository.ts',
  'src/features/cvat-import/staging-repository.ts',
];

/** SQL is written in lower case here; a template's interpolations are parameters or fragments of other templates. */
const USES = /\b(insert into|update|delete from|from|join|using) +([a-z_]+|\0)/g;
/** Words after them that are not table names: `for update of`, `on conflict do update set`, `from only`. */
const NO_TABLES = /^(set|of|skip|lateral|unnest)$/;
const MIGRATIONS = path.join(ROOT, 'migrations');

const problems = [];
const reads = new Map(Object.keys(READERS).map((folder) => [folder, new Set()]));
for (const source of readSources(['src']).filter(({ file }) => /\.tsx?$/.test(file)))
  for (const use of usesOf(source)) checkUse(source, use);
checkReaders();
if (existsSync(MIGRATIONS)) checkMigrations();
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function usesOf(source) {
  const uses = [];
  walk(source.tree, (node) => {
    if (!ts.isTaggedTemplateExpression(node) || node.tag.getText() !== 'sql') return;
    const { template } = node;
    const parts = ts.isTemplateExpression(template)
      ? [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)]
      : [template.text];
    for (const [, phrase, table] of parts.join('\0').matchAll(USES))
      if (!NO_TABLES.test(table)) uses.push({ node, table, writes: /^(insert|update|delete)/.test(phrase) });
  });
  return uses;
}

function checkUse(source, { node, table, writes }) {
  const report = (sentence) => problems.push(`${placeOf(source, node)}: ${sentence}`);
  const folder = source.file
    .split('/')
    .slice(0, /^src\/(features|platform)\//.test(source.file) ? 3 : 2)
    .join('/');
  if (table === '\0') {
    if (writes && !NAMELESS_WRITERS.includes(source.file))
      report('SQL that writes names its table, so that one can see who does: write the name out.');
    return;
  }
  const writer = WRITERS[table];
  if (writer === undefined || writer === folder) return;
  if (writes) {
    report(
      `${table} belongs to ${writer ?? 'nobody here'}: take what its index.ts offers, or let it offer what you need.`,
    );
  } else if (READERS[folder]?.includes(table)) reads.get(folder).add(table);
  else report(`${folder} reads ${table}: say so in scripts/check-tables.mjs, or ask its owner.`);
}

function checkReaders() {
  for (const [folder, tables] of Object.entries(READERS))
    for (const table of tables.filter((name) => !reads.get(folder).has(name)))
      problems.push(`scripts/check-tables.mjs: ${folder} does not read ${table} any more: take it out.`);
}

function checkMigrations() {
  const made = readdirSync(MIGRATIONS).flatMap((name) =>
    [
      ...readFileSync(path.join(MIGRATIONS, name), 'utf8').matchAll(/^create table if not exists (\w+)/gm),
    ].map(([, table]) => table),
  );
  for (const table of made.filter((name) => !(name in WRITERS)))
    problems.push(`migrations: nobody owns ${table}: say in scripts/check-tables.mjs who writes to it.`);
}
