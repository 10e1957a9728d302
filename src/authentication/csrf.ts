import { PermissionDenied } from '../kernel/errors.js';
import { ALPHANUMERIC, type Random } from '../kernel/random.js';
import { cookieValue } from '../platform/http/cookies.js';
import type { Exchange } from '../platform/http/exchange.js';
import { equalInConstantTime } from './signing.js';

/** Django's CSRF protection (`django.middleware.csrf`, 4.2) as DRF's session authentication applies it. */

export const CSRF_COOKIE = 'csrftoken';
/** 52 weeks, in seconds. */
export const CSRF_COOKIE_AGE = 31_449_600;
const SECRET_LENGTH = 32;
const TOKEN_LENGTH = 2 * SECRET_LENGTH;
/** The field of a form (Django `CsrfViewMiddleware`). */
export const CSRF_FIELD = 'csrfmiddlewaretoken';
const HEADER_SOURCE = "the 'X-Csrftoken' HTTP header";
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export const createCsrfSecret = (random: Random): string => random.text(SECRET_LENGTH, ALPHANUMERIC);

/** @returns the secret of a token: the token itself, or its second half unmasked */
export function unmaskCsrfToken(token: string): string {
  if (token.length === SECRET_LENGTH) return token;
  const size = ALPHANUMERIC.length;
  return Array.from({ length: SECRET_LENGTH }, (_, i) => {
    const difference =
      ALPHANUMERIC.indexOf(token.charAt(SECRET_LENGTH + i)) - ALPHANUMERIC.indexOf(token.charAt(i));
    return ALPHANUMERIC.charAt((difference + size) % size);
  }).join('');
}

/** @returns a token for a page: another one each time, so that compression reveals nothing (Django `_mask_cipher_secret`) */
export function maskCsrfSecret(secret: string, random: Random): string {
  const mask = random.text(SECRET_LENGTH, ALPHANUMERIC);
  const cipher = Array.from(mask, (character, i) =>
    ALPHANUMERIC.charAt(
      (ALPHANUMERIC.indexOf(secret.charAt(i)) + ALPHANUMERIC.indexOf(character)) % ALPHANUMERIC.length,
    ),
  );
  return mask + cipher.join('');
}

/** @returns the problem with the format of a token, in Django's words, or undefined */
export function csrfFormatProblem(
  token: string,
): 'has incorrect length' | 'has invalid characters' | undefined {
  if (token.length !== SECRET_LENGTH && token.length !== TOKEN_LENGTH) return 'has incorrect length';
  return /[^a-zA-Z0-9]/.test(token) ? 'has invalid characters' : undefined;
}

/**
 * Refuses an unsafe request that another site may have sent. A POST body is parsed here, as DRF does to read the form
 * field, so a malformed body is reported before missing permissions.
 *
 * @param trustedOrigins `scheme://host[:port]` or `scheme://*.domain`
 * @param isPage for plain Django views, as opposed to DRF views: the token may be in a field of a form
 * @throws PermissionDenied 403 `CSRF Failed: <reason>`; ParseError and UnsupportedMediaType for a POST body
 */
export async function requireCsrf(
  exchange: Exchange,
  trustedOrigins: readonly string[],
  { isPage = false } = {},
): Promise<void> {
  const { req, cookies } = exchange;
  if (SAFE_METHODS.has(req.method)) return;
  requireTrustedOrigin(exchange, trustedOrigins);
  const cookie = cookieValue(cookies, CSRF_COOKIE);
  if (cookie === undefined) throw failed('CSRF cookie not set.');
  const cookieProblem = csrfFormatProblem(cookie);
  if (cookieProblem !== undefined) throw failed(`CSRF cookie ${cookieProblem}.`);

  const { token, source } = await findToken(exchange, isPage);
  const problem = csrfFormatProblem(token);
  if (problem !== undefined) throw failed(`CSRF token from ${source} ${problem}.`);
  if (!equalInConstantTime(unmaskCsrfToken(token), unmaskCsrfToken(cookie)))
    throw failed(`CSRF token from ${source} incorrect.`);
}

/**
 * The first half of the check, which no token is needed for.
 *
 * @throws PermissionDenied for an unsafe request from the page of another site
 */
export function requireTrustedOrigin({ req, origin }: Exchange, trustedOrigins: readonly string[]): void {
  const sent = req.headers.origin;
  if (sent !== undefined) checkOrigin(sent, origin.base, trustedOrigins);
  else if (origin.secure) checkReferer(req.headers.referer, origin.host, trustedOrigins);
}

/** @throws PermissionDenied if there is none */
async function findToken({ req, body, form }: Exchange, isPage: boolean) {
  if (req.method === 'POST' && !isPage) await body();
  const field = req.method === 'POST' && isPage ? (await form()).get(CSRF_FIELD) : null;
  if (field) return { token: field, source: 'POST' };
  const header = req.headers['x-csrftoken'];
  if (typeof header !== 'string') throw failed('CSRF token missing.');
  return { token: header, source: HEADER_SOURCE };
}

const failed = (reason: string): PermissionDenied => new PermissionDenied(`CSRF Failed: ${reason}`);

function checkOrigin(sent: string, own: string, trusted: readonly string[]): void {
  if (sent === own || trusted.includes(sent)) return;
  const [scheme, host = ''] = sent.split('://', 2);
  const matches = trusted.some((entry) => {
    const [trustedScheme, pattern = ''] = entry.split('://', 2);
    return scheme === trustedScheme && pattern.startsWith('*.') && isSameDomain(host, pattern.slice(1));
  });
  if (!matches) throw failed(`Origin checking failed - ${sent} does not match any trusted origins.`);
}

function checkReferer(sent: string | undefined, ownHost: string, trusted: readonly string[]): void {
  if (sent === undefined) throw failed('Referer checking failed - no Referer.');
  const [, scheme = '', host = ''] = sent.match(/^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i) ?? [];
  const isUnparsable = host.includes('[') !== host.includes(']');
  if (scheme === '' || host === '' || isUnparsable)
    throw failed('Referer checking failed - Referer is malformed.');
  if (scheme.toLowerCase() !== 'https')
    throw failed('Referer checking failed - Referer is insecure while host is secure.');
  const hosts = trusted.map((entry) => entry.split('://', 2)[1]?.replace(/^\*/, '') ?? '');
  if (host !== ownHost && !hosts.some((pattern) => isSameDomain(host, pattern))) {
    throw failed(`Referer checking failed - ${sent} does not match any trusted origins.`);
  }
}

/** Django's `is_same_domain`: `.example.org` means the domain and everything below it. */
const isSameDomain = (host: string, pattern: string): boolean =>
  pattern !== '' &&
  (host === pattern || (pattern.startsWith('.') && (host.endsWith(pattern) || host === pattern.slice(1))));
