import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartError } from '../../kernel/start-error.js';

/** One file of rules, as it goes into the bundle. */
export interface RuleFile {
  readonly name: string;
  readonly text: string;
}

/** CVAT leaves its generated tests out by this name; ours are `_test.rego`. */
const isRule = (name: string) =>
  name.endsWith('.rego') && !name.endsWith('.gen.rego') && !name.endsWith('_test.rego');

/**
 * Reads the rules that decide: every `*.rego` of the directories that is no test, ordered by name.
 *
 * @throws StartError when a directory cannot be read, none holds a rule, or two hold a rule of the same name
 */
export async function readRules(directories: readonly string[]): Promise<readonly RuleFile[]> {
  const files = (await Promise.all(directories.map(readDirectory))).flat();
  const sorted = files.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const twin = sorted.find(({ name }, index) => name === sorted[index + 1]?.name);
  if (twin !== undefined) throw new StartError(`Two directories of rules have a ${twin.name}. Rename one.`);
  if (sorted.length === 0) throw new StartError(`There are no rules in ${directories.join(', ')}.`);
  return sorted;
}

async function readDirectory(directory: string): Promise<readonly RuleFile[]> {
  try {
    const names = (await readdir(directory)).filter(isRule);
    return await Promise.all(
      names.map(async (name) => ({ name, text: await readFile(join(directory, name), 'utf8') })),
    );
  } catch (cause) {
    throw new StartError(`The rules in ${directory} cannot be read.`, { cause });
  }
}

/** @returns what identifies these rules: SHA-256, in hex, over the names, lengths and texts in order */
export function revisionOf(rules: readonly RuleFile[]): string {
  const hash = createHash('sha256');
  for (const { name, text } of rules) hash.update(`${name} ${Buffer.byteLength(text)}\n`).update(text);
  return hash.digest('hex');
}
