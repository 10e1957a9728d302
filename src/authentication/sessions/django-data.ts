import { deflateSync, inflateSync } from 'node:zlib';
import { signText, unsignText } from '../signing.js';
import { membersOf } from './json-members.js';

/**
 * What a session of Django holds: the members of its JSON by name, in order, each as it was written. What this server
 * does not know stays as it is, to the last digit.
 */
export type DjangoData = ReadonlyMap<string, string>;

/** Django's `SessionBase.key_salt`, the same for all its stores. */
const SALT = 'django.contrib.sessions.SessionStore';
/** A session has a few hundred bytes. Both limits are for rows that would take memory from everyone. */
export const LONGEST_ENCODED = 2 ** 20;
const LONGEST_JSON = 2 ** 20;

/**
 * Django's `SessionBase.decode` (4.2 to 5.2) with its default serializer: `signing.loads` of JSON. Django takes what it
 * can't read for an empty session. Nothing is decompressed before its signature is found right.
 *
 * @param text the column `session_data`
 * @returns the members; undefined if the text is too long or damaged, if another key signed it, or if it holds no JSON
 *   object, but a pickle for example
 */
export function decodeDjangoData(text: string, secretKey: string): DjangoData | undefined {
  if (text.length > LONGEST_ENCODED) return undefined;
  const payload = unsignText(text, SALT, secretKey)?.payload;
  if (payload === undefined || !/^\.?[\w-]*$/.test(payload)) return undefined;
  const bytes = payload.startsWith('.')
    ? inflated(Buffer.from(payload.slice(1), 'base64url'))
    : Buffer.from(payload, 'base64url');
  return bytes === undefined ? undefined : membersOf(bytes.toString('latin1'));
}

function inflated(bytes: Buffer): Buffer | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength: LONGEST_JSON });
  } catch {
    return undefined;
  }
}

/**
 * Django's `SessionBase.encode`: compressed if that saves more than the dot that says so.
 *
 * @param nowMs milliseconds since the epoch
 */
export function encodeDjangoData(data: DjangoData, secretKey: string, nowMs: number): string {
  const members = [...data].map(([name, value]) => `${asciiJson(name)}:${value}`);
  const bytes = Buffer.from(`{${members.join(',')}}`, 'latin1');
  const small = deflateSync(bytes);
  const payload =
    small.length < bytes.length - 1 ? `.${small.toString('base64url')}` : bytes.toString('base64url');
  return signText(payload, SALT, secretKey, nowMs);
}

/** @returns JSON as Python's `json.dumps` writes it: without spaces, and in ASCII */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
