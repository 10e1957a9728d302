import { readFileSync } from 'node:fs';
import type { Document } from 'yaml';
import type { z } from 'zod';
import { StartError } from '../../kernel/start-error.js';
import { readYaml } from '../values/yaml.js';
import { AuthConfigFile } from './auth-config-schema.js';

/** Reads the file that `AUTH_CONFIG_PATH` names, and says in one sentence what has to be corrected in it. */

export const FILE = 'AUTH_CONFIG_PATH';

export type AuthConfig = z.output<typeof AuthConfigFile>;

/** @throws StartError */
export function readAuthConfig(path: string): AuthConfig {
  const text = readText(path, `${FILE} is "${path}", which can't be read: correct the path or its rights.`);
  const result = AuthConfigFile.safeParse(contentOf(text, path) ?? {});
  if (!result.success) throw wrongIssue(result.error, []);
  return result.data;
}

/** Version 1.1 is what CVAT reads: `enabled: yes`, and merged keys (`<<`). */
function contentOf(text: string, path: string): unknown {
  const wrong = (problem: string, cause?: unknown): StartError =>
    new StartError(`${FILE} is "${path}", which ${problem}: correct the file.`, { cause });
  const document = readYaml(text, { version: '1.1', logLevel: 'error' });
  // The messages of the library repeat lines of the file, which may have secrets.
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) throw wrong(`is not valid YAML in line ${error.linePos?.[0].line ?? 1}`);
  return toValue(document, wrong);
}

function toValue(document: Document, wrong: (problem: string, cause: unknown) => StartError): unknown {
  try {
    return document.toJS({ maxAliasCount: 100, reviver: refusePrototype });
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    throw wrong('has aliases that lead nowhere or are too many', cause);
  }
}

/** The validation skips this one key, whatever is allowed. */
function refusePrototype(key: unknown, value: unknown): unknown {
  if (key === '__proto__') throw unknownKey(key);
  return value;
}

function readText(path: string, problem: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new StartError(problem, { cause });
  }
}

/** @param problem names the key, and how to correct it */
export const wrongFile = (problem: string): StartError => new StartError(`${FILE}: ${problem}.`);

const unknownKey = (key: string): StartError =>
  wrongFile(`${key} is no key of this file: remove or correct it`);

/** @param before the path of what was validated */
export function wrongIssue(error: z.ZodError, before: readonly (string | number)[]): StartError {
  const [issue] = error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const place = [...before, ...(issue?.path ?? []), ...unknown].map(String).join('.');
  if (unknown.length > 0) return unknownKey(place);
  return wrongFile(`${place || 'the file'} is not valid (${issue?.message ?? 'unknown reason'}): correct it`);
}

/** @throws StartError without exactly one secret */
export function secretOf(
  provider: { readonly client_secret?: string | undefined; readonly client_secret_file?: string | undefined },
  place: string,
): string {
  const { client_secret: secret, client_secret_file: path } = provider;
  if (secret !== undefined && path === undefined) return secret;
  if (secret !== undefined || path === undefined)
    throw wrongFile(`${place} needs either client_secret or client_secret_file`);
  const key = `${place}.client_secret_file`;
  const content = readText(path, `${FILE}: ${key} can't be read: correct the path or its rights.`);
  const read = content.replace(/\r?\n$/, '');
  if (read === '') throw wrongFile(`${key} names an empty file: write the secret into it`);
  return read;
}
