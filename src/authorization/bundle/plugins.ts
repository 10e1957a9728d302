import type { PolicyPackage } from '../../kernel/policy.js';
import { StartError } from '../../kernel/start-error.js';
import { outlineOf } from './outline.js';
import type { RuleFile } from './sources.js';

/** A rule file, and the package named in its `package` line. */
export interface PackagedFile {
  readonly name: string;
  readonly package: string;
  /** Whether it has a top-level rule `allow`. */
  readonly allows: boolean;
}

/** Rules that narrow a base package's permissions for requests with a personal access token. */
export interface Plugin {
  readonly package: string;
  /** The package being narrowed. */
  readonly base: string;
}

const PACKAGE = /^\s*package\s+([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?![\w.[])/;
const ALLOW = /^\s*(?:default\s+)?allow\b/m;

/** @throws StartError for a file without a package line of plain names, or a truncated file */
export function packagedFile(file: RuleFile): PackagedFile {
  const outline = outlineOf(file);
  const name = PACKAGE.exec(outline)?.[1];
  if (name === undefined) {
    throw new StartError(
      `${file.name} does not start with a package line such as "package acme.limits". Add one.`,
    );
  }
  return { name: file.name, package: name, allows: ALLOW.test(outline) };
}

const PLUGIN = 'access_token_plugin';
/** CVAT's glob `*access_token_plugin.*.rego`. */
const PLUGIN_FILE = /access_token_plugin\..*\.rego$/;
const PLUGIN_PACKAGE = /^(?:.+\.)?access_token_plugin\.(.+)$/;

/**
 * Finds the plugins as CVAT does: by file name, and by the package line `[prefix.]access_token_plugin.<package>`.
 * Unlike in CVAT, a plugin that would be overlooked stops the start.
 *
 * @throws StartError for a plugin that is malformed, narrows nothing, or exists twice
 */
export function findPlugins(files: readonly PackagedFile[]): readonly Plugin[] {
  const packages = new Set(files.map((file) => file.package));
  const found = files.filter(
    (file) => PLUGIN_FILE.test(file.name) || file.package.split('.').includes(PLUGIN),
  );
  const plugins = found.map((file) => ({
    file: file.name,
    package: file.package,
    base: baseOf(file, packages),
  }));
  for (const [index, one] of plugins.entries()) {
    const other = plugins.slice(index + 1).find((plugin) => plugin.package === one.package);
    if (other !== undefined) {
      throw new StartError(
        `${one.file} and ${other.file} are both the plugin ${one.package}. Give one of them a prefix of its own.`,
      );
    }
  }
  return plugins.map((plugin) => ({ package: plugin.package, base: plugin.base }));
}

function baseOf(file: PackagedFile, packages: ReadonlySet<string>): string {
  const { name, package: own } = file;
  const base = PLUGIN_PACKAGE.exec(own)?.[1];
  if (base === undefined || own.split('.').filter((part) => part === PLUGIN).length > 1) {
    throw new StartError(
      `${name} has the package ${own}, but a plugin's package is [prefix.]${PLUGIN}.<package>. Correct its package line.`,
    );
  }
  if (!PLUGIN_FILE.test(name)) {
    throw new StartError(
      `${name} has the package of a plugin, ${own}. Rename it, for example to ${own}.rego.`,
    );
  }
  if (!packages.has(base)) {
    throw new StartError(
      `${name} narrows the package ${base}, which does not exist. Correct its package line.`,
    );
  }
  if (!file.allows) throw new StartError(`${name} has no rule "allow". Add one.`);
  return base;
}

/** Each package that this server queries. */
const ASKED = Object.keys({
  access_tokens: true,
  growth: true,
  invitations: true,
  memberships: true,
  organizations: true,
  server: true,
  users: true,
} satisfies Record<PolicyPackage, true>);

/**
 * The file of the bundle that lists its plugins: `data.bundle_plugins.<package>` is the list of their answers, null
 * for a plugin without an answer. Rules cannot find plugins by themselves, because a reference to any package includes
 * their own, and OPA refuses recursion. Being part of the bundle keeps the list consistent with the plugins, whichever
 * bundle OPA holds.
 */
export function pluginsFile(plugins: readonly Plugin[]): RuleFile {
  const sections = ASKED.map((base) => {
    const own = plugins.filter((plugin) => plugin.base === base);
    const names = own.map((_, index) => `_${base}_${index}`);
    const answers = own.map(
      (plugin, index) =>
        `default ${names[index]} := null\n\n${names[index]} := ${reference(plugin.package)}.allow\n`,
    );
    return [`# METADATA\n# entrypoint: true\n${base} := [${names.join(', ')}]\n`, ...answers].join('\n');
  });
  return { name: 'bundle_plugins.rego', text: ['package bundle_plugins\n', ...sections].join('\n') };
}

/** In brackets, because a part of a name may be a keyword of the language. */
const reference = (name: string): string =>
  `data${name
    .split('.')
    .map((part) => `["${part}"]`)
    .join('')}`;
