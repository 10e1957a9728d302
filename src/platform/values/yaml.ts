import { createRequire } from 'node:module';
import type { Document, DocumentOptions, ParseOptions, SchemaOptions } from 'yaml';

const load = createRequire(import.meta.url);

/** Loaded at first use: most servers neither read nor write YAML, and its 70 modules take 2 MB. */
const library = (): typeof import('yaml') => load('yaml');

/** @returns the text of a value, in which nothing is folded and nothing refers to another place */
export const writeYaml = (value: unknown): string =>
  library().stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });

/** @returns what a text says, and the errors that were found in it */
export const readYaml = (text: string, options: ParseOptions & DocumentOptions & SchemaOptions): Document =>
  library().parseDocument(text, options);
