import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A block of code in a document. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** The line before it that is not empty: a name in backquotes, or a mark. */
  readonly before: string;
}

/** @returns the blocks of code of a document in docs/, in order */
export function blocksOf(document: string): readonly Block[] {
  const content = readFileSync(path.resolve('docs', document), 'utf8');
  return [...content.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
    ({ 1: language = '', 2: text = '', index }) => ({
      language,
      text,
      before: content.slice(0, index).trimEnd().split('\n').at(-1) ?? '',
    }),
  );
}

/** @returns the commands that a test has to run */
export const commandsOf = (document: string): readonly string[] =>
  blocksOf(document).flatMap(({ before, text }) => (before === '<!-- test: commands -->' ? [text] : []));
