#!/usr/bin/env node
/**
 * Writes the generated files, so that nobody has to keep them in sync by hand: .env.example and
 * docs/configuration.md from the settings, docs/permissions.md from the decision tables, openapi/ from the routes.
 *
 *   node scripts/generate.mjs           writes the outdated files
 *   node scripts/generate.mjs --check   writes nothing; names outdated files, including the compiled rules; exits 1
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tsImport } from 'tsx/esm/api';
import { ROOT } from './source-files.mjs';

const { Settings, SECTIONS } = await tsImport('../src/platform/config/settings.ts', import.meta.url);

const isCheck = process.argv.includes('--check');
/** Each supports `--check` too. The compiled rules need OPA: `npm run rules:build` makes them. */
const OTHERS = ['generate-permissions.mjs', 'generate-openapi.mjs', ...(isCheck ? ['build-rules.mjs'] : [])];
const PERIODS = { 1: 'second', 60: 'minute', 3600: 'hour', 86400: 'day' };

const sections = readSections();
keep('.env.example', envExample());
keep('docs/configuration.md', configurationPage());
for (const script of OTHERS.map((name) => path.join(ROOT, 'scripts', name)).filter(existsSync)) {
  const { status } = spawnSync(process.execPath, [script, ...(isCheck ? ['--check'] : [])], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}

function keep(file, content) {
  const target = path.join(ROOT, file);
  if (existsSync(target) && readFileSync(target, 'utf8') === content) return;
  if (!isCheck) return writeFileSync(target, content);
  console.error(`${file} is not what the settings say. Run: npm run generate`);
  process.exitCode = 1;
}

function readSections() {
  const found = [];
  for (const [name, schema] of Object.entries(Settings.shape)) {
    if (SECTIONS[name] !== undefined) found.push({ title: SECTIONS[name], settings: [] });
    const { description } = schema.meta() ?? {};
    if (description === undefined)
      throw new Error(`${name} has no description (src/platform/config/settings.ts).`);
    found.at(-1).settings.push({ name, description, value: asText(schema.def.defaultValue) });
  }
  return found;
}

/** @returns a default in the format of the environment */
function asText(value) {
  if (value === undefined) return '';
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'object') return `${value.limit}/${PERIODS[value.periodSeconds] ?? fail(value)}`;
  return String(value);
}

function fail(rate) {
  throw new Error(
    `A period of ${rate.periodSeconds} seconds can't be written: it must be a second, minute, hour or day.`,
  );
}

function envExample() {
  const head = `# Settings of the server. Copy this file to .env and remove the # before each line that you change; every line below
# shows the default. The environment takes precedence over .env. For secrets, NAME_FILE names a file that contains the
# value of NAME.
# Written by npm run generate from src/platform/config/settings.ts.
`;
  const setting = ({ name, value, description }) => `\n${comment(description)}\n#${name}=${value}\n`;
  return (
    head +
    sections.map(({ title, settings }) => `\n\n## ${title}\n${settings.map(setting).join('')}`).join('')
  );
}

/** Wrapped to the line width of this file. */
function comment(text) {
  const lines = ['#'];
  for (const word of text.split(' ')) {
    if (`${lines.at(-1)} ${word}`.length > 118) lines.push('#');
    lines.push(`${lines.pop()} ${word}`);
  }
  return lines.join('\n');
}

function configurationPage() {
  const head = `# Configuration

<!-- Written by npm run generate from src/platform/config/settings.ts. Change the settings, not this page. -->

The server reads its settings from the environment, and from a file \`.env\` in the working folder. The environment takes
precedence. [.env.example](../.env.example) is such a file, with every default. An empty value counts as not set.

For secrets, \`NAME_FILE\` can name a file that contains the value of \`NAME\`: \`SECRET_KEY_FILE=/run/secrets/key\`.
\`npm run cli -- config check\` checks the settings without starting the server.
`;
  const row = ({ name, value, description }) =>
    `| \`${name}\` | ${value === '' ? '' : `\`${value}\``} | ${description.replaceAll('|', '\\|')} |`;
  const table = ({ title, settings }) =>
    `## ${title}\n\n| Name | Default | Meaning |\n| --- | --- | --- |\n${settings.map(row).join('\n')}\n`;
  return `${head}\n${sections.map(table).join('\n')}`;
}
