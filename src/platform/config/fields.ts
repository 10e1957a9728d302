import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

/** Parsers for environment variables. Each error completes the sentence `NAME is "...": it must be ...`. */

const TRUE_WORDS = new Set(['1', 'true', 'yes', 'on', 'y', 't']);
const FALSE_WORDS = new Set(['0', 'false', 'no', 'off', 'n', 'f']);

export interface Described<T> {
  readonly default: T;
  readonly description: string;
}

/** @returns a whole number between `minimum` and `maximum` */
export const integer = (
  minimum: number,
  maximum: number,
  { default: value, description }: Described<number>,
) => wholeNumber(minimum, maximum).default(value).meta({ description });

const wholeNumber = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^-?\d{1,15}$/, `it must be a whole number from ${minimum} to ${maximum}`)
    .transform(Number)
    .refine((n) => n >= minimum && n <= maximum, `it must be a whole number from ${minimum} to ${maximum}`);

export const optionalInteger = (minimum: number, maximum: number, description: string) =>
  wholeNumber(minimum, maximum).optional().meta({ description });

/** A boolean in one of the words of `attrs.converters.to_bool`, which CVAT uses. */
const boolean = z
  .string()
  .refine(
    (text) => TRUE_WORDS.has(text.toLowerCase()) || FALSE_WORDS.has(text.toLowerCase()),
    'it must be true or false',
  )
  .transform((text) => TRUE_WORDS.has(text.toLowerCase()));

export const flag = ({ default: value, description }: Described<boolean>) =>
  boolean.default(value).meta({ description });

export const optionalFlag = (description: string) => boolean.optional().meta({ description });

export const choice = <const T extends readonly [string, ...string[]]>(
  words: T,
  { default: value, description }: Described<T[number]>,
) =>
  z
    .enum(words, `it must be one of ${words.join(', ')}`)
    .default(value as z.core.util.NoUndefined<T[number]>)
    .meta({ description });

export const choiceOrNothing = <const T extends readonly [string, ...string[]]>(
  words: T,
  description: string,
) =>
  z
    .enum(words, `it must be one of ${words.join(', ')}`)
    .optional()
    .meta({ description });

export const text = ({ default: value, description }: Described<string>) =>
  z.string().default(value).meta({ description });

export const optionalText = (description: string) => z.string().optional().meta({ description });

/** @returns the items of a comma-separated list, trimmed */
export const list = ({ default: value, description }: Described<readonly string[]>) =>
  z
    .string()
    .transform((items): readonly string[] =>
      items
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .default(value)
    .meta({ description });

/** @returns a comma-separated list whose items are among `words`; `none` is the empty list */
export const choices = <const T extends readonly [string, ...string[]]>(
  words: T,
  { default: value, description }: Described<readonly T[number][]>,
) =>
  z
    .string()
    .transform((items) =>
      items
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .transform((items) => (items.length === 1 && items[0] === 'none' ? [] : items))
    .pipe(z.array(z.enum(words, `it must be none, or a list of ${words.join(', ')}`)))
    .default([...value])
    .meta({ description });

export const withoutTrailingSlashes = (value: string): string => value.replace(/\/+$/, '');

const WITHOUT_LOGIN = 'it must have no user name and no password';

const startingWith = (schemes: readonly string[]): string =>
  `it must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;

const urlText = (schemes: readonly string[]) =>
  z
    .string()
    .refine((value) => isUrl(value, schemes), startingWith(schemes))
    .refine((value) => !hasLogin(value), WITHOUT_LOGIN);

/** @returns a URL to which paths are appended, without a login, its trailing slashes removed */
export const baseUrl = (schemes: readonly string[], description: string) =>
  urlText(schemes)
    .refine(
      (value) => !/[?#]/.test(value),
      'it must be a URL without ? and #, because paths are appended to it',
    )
    .transform(withoutTrailingSlashes)
    .optional()
    .meta({ description });

/** @returns a URL with one of the schemes and without a login, its trailing slashes removed */
export const url = (schemes: readonly string[], description: string) =>
  urlText(schemes).transform(withoutTrailingSlashes).optional().meta({ description });

/** @returns as `url`, or `unix://` with the absolute path of a socket, which is taken as it is written */
export const urlOrSocket = (schemes: readonly string[], description: string, withoutLogin: string) =>
  z
    .string()
    .refine(
      (value) => isSocket(value) || isUrl(value, schemes),
      `${startingWith(schemes)}, or unix:// and the absolute path of a socket (at most ${SOCKET_PATH_BYTES} bytes), such as unix:///run/opa/opa.sock`,
    )
    .refine((value) => !hasLogin(value), withoutLogin)
    .transform(withoutTrailingSlashes)
    .optional()
    .meta({ description });

/** Linux has room for 107 bytes, macOS for 103. */
const SOCKET_PATH_BYTES = 103;

function isSocket(value: string): boolean {
  const path = /^unix:\/\/(\/[^?#%]*[^?#%/])$/.exec(value)?.[1];
  return path !== undefined && Buffer.byteLength(path) <= SOCKET_PATH_BYTES;
}

function isUrl(value: string, schemes: readonly string[]): boolean {
  if (!schemes.some((scheme) => value.startsWith(`${scheme}://`))) return false;
  return URL.canParse(value) && new URL(value).hostname !== '';
}

const hasLogin = (value: string): boolean =>
  URL.canParse(value) && new URL(value).username + new URL(value).password !== '';

/** @returns the origins as they appear in an `Origin` header; `scheme://*.domain` is allowed (Django) */
export const origins = (description: string) =>
  list({ default: [], description }).refine(
    (items) => items.every((item) => /^https?:\/\/(\*\.)?[^/*\s]+$/.test(item)),
    'it must be a list of origins such as https://cvat.example.org, without a path',
  );

/** @returns CIDR blocks or addresses, or the word `loopback`, checked */
export const networks = ({ default: value, description }: Described<readonly string[]>) =>
  list({ default: value, description }).refine(
    (items) => items.every((item) => item === 'loopback' || isNetwork(item)),
    'it must be a list of addresses or CIDR blocks such as 10.0.0.0/8, or the word loopback',
  );

function isNetwork(item: string): boolean {
  const [address = '', bits] = item.split('/');
  const family = isIP(address);
  if (family === 0) return false;
  if (bits === undefined) return true;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
  new BlockList().addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return true;
}

/** A rate in DRF's notation, `100/minute`: only the first letter of the period matters. 0 or `none` turns it off. */
export interface Rate {
  readonly limit: number;
  readonly periodSeconds: number;
}

const PERIOD_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

export const rate = ({ default: value, description }: Described<Rate | null>) =>
  z
    .string()
    .regex(/^(none|0|[1-9]\d{0,8}\/[smhd][a-z]*)$/i, 'it must be a rate such as 100/minute, or none')
    .transform((text): Rate | null => {
      const [limit = '', period = ''] = text.toLowerCase().split('/');
      const periodSeconds = PERIOD_SECONDS[period.charAt(0)];
      return periodSeconds === undefined ? null : { limit: Number(limit), periodSeconds };
    })
    .default(value)
    .meta({ description });
