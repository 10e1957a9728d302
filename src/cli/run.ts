import { ApiError } from '../kernel/errors.js';
import { StartError } from '../kernel/start-error.js';
import type { Config } from '../platform/config/settings.js';

export interface OutputOptions {
  readonly json?: boolean;
}

/** Prints a result: as JSON for programs, as lines for people. */
export function print(result: unknown, { json = false }: OutputOptions, lines: readonly string[]): void {
  console.log(json ? JSON.stringify(result, null, 2) : lines.join('\n'));
}

/** Help and the version do without the settings: only a command that runs loads what reads them. */
export async function readConfig(): Promise<Config> {
  const { loadConfig, readEnvironment } = await import('../platform/config/load.js');
  return loadConfig(readEnvironment());
}

/** @returns a sentence for each variable whose name is nearly the one of a setting */
export async function misspelt(): Promise<readonly string[]> {
  const { misspeltSettings, readEnvironment } = await import('../platform/config/load.js');
  return misspeltSettings(readEnvironment());
}

/** Prints one sentence and exits with code 1; prints a stack trace only for bugs. */
export function fail(error: unknown): void {
  process.exitCode = 1;
  if (error instanceof StartError) console.error(error.message);
  else if (error instanceof ApiError) console.error(sentenceOf(error));
  else console.error(error);
}

/** The text of an API error, preceded by the field it concerns. */
const sentenceOf = ({ body }: ApiError): string => {
  if (typeof body !== 'object' || body === null) return String(body);
  if (Array.isArray(body)) return body.join(' ');
  if ('detail' in body) return String(body.detail);
  return Object.entries(body)
    .map(([field, words]) => (field === UNNAMED ? wordsOf(words) : `${field}: ${wordsOf(words)}`))
    .join(' ');
};

const UNNAMED = 'non_field_errors';
const wordsOf = (words: unknown): string => (Array.isArray(words) ? words.join(' ') : String(words));
