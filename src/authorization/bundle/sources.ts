import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from '../../kernel/start-error.js';

/** A rule file in the form in which it goes into the bundle. */
export interface RuleFile {
  readonly name: string;
  readonly text: string;
}

/**
 * CVAT excludes its generated tests by this name; ours end in `_test.rego`. Editors store drafts under names with a
 * dot.
 */
const isRule = (name: string) =>
  name.endsWith('.rego') &&
  !name.endsWith('.gen.rego') &&
  !name.endsWith('_test.rego') &&
  !name.startsWith('.');

/**
 * Reads every `*.rego` file of the directories except tests.
 *
 * @returns the files, ordered by name
 * @throws StartError if a directory or a file cannot be read, or if two directories have a file of the same name
 */
export async function readRules(directories: readonly string[]): Promise<readonly RuleFile[]> {
  const sorted = sortRules((await Promise.all(directories.map(readDirectory))).flat());
  const twin = sorted.find(({ name }, index) => name === sorted[index + 1]?.name);
  if (twin !== undefined)
    throw new StartError(`Two folders, ${directories.join(' and ')}, have a file ${twin.name}: rename one.`);
  return sorted;
}

/** @returns the files in the order in which they are in a bundle */
export const sortRules = (files: readonly RuleFile[]): readonly RuleFile[] =>
  files.toSorted((one, other) => (one.name < other.name ? -1 : 1));

async function readDirectory(directory: string): Promise<readonly RuleFile[]> {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw new StartError(`The rules in ${directory} cannot be read. Correct its name or its permissions.`, {
      cause,
    });
  });
  return Promise.all(names.filter(isRule).map((name) => readRule(directory, name)));
}

async function readRule(directory: string, name: string): Promise<RuleFile> {
  try {
    const bytes = await readFile(join(directory, name));
    return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (cause) {
    throw new StartError(
      `${name} in ${directory} cannot be read as UTF-8 text. Correct it or its permissions.`,
      { cause },
    );
  }
}

/** @returns the identifier of these rules: SHA-256, in hex, over the names, lengths and texts in order */
export function revisionOf(rules: readonly RuleFile[]): string {
  const hash = createHash('sha256');
  for (const { name, text } of rules) hash.update(`${name} ${Buffer.byteLength(text)}\n`).update(text);
  return hash.digest('hex');
}
