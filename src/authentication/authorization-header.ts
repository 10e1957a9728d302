import { isUtf8 } from 'node:buffer';
import { AuthenticationFailed } from '../kernel/errors.js';

/**
 * DRF's `get_authorization_header(request).split()`: words separated by runs of ASCII whitespace.
 *
 * @param header the Authorization header; Node decodes its bytes as Latin-1
 */
export const authorizationWords = (header: string | undefined): readonly string[] =>
  (header ?? '').split(/[ \t\n\r\v\f]+/).filter((word) => word !== '');

/**
 * The value behind a keyword such as `Token`.
 *
 * @returns undefined if the header is of another kind
 * @throws AuthenticationFailed with DRF's sentence if there is no value, more than one, or one that is not UTF-8
 */
export function tokenAfter(keyword: 'token' | 'bearer', header: string | undefined): string | undefined {
  const words = authorizationWords(header);
  const [scheme, token] = words;
  if (scheme?.toLowerCase() !== keyword) return undefined;
  if (token === undefined) throw new AuthenticationFailed('Invalid token header. No credentials provided.');
  if (words.length > 2)
    throw new AuthenticationFailed('Invalid token header. Token string should not contain spaces.');
  const bytes = Buffer.from(token, 'latin1');
  if (!isUtf8(bytes)) {
    throw new AuthenticationFailed(
      'Invalid token header. Token string should not contain invalid characters.',
    );
  }
  return bytes.toString('utf8');
}

export interface BasicCredentials {
  readonly login: string;
  readonly password: string;
}

/**
 * DRF's `BasicAuthentication` parsing.
 *
 * @returns undefined if the header is of another kind
 * @throws AuthenticationFailed with DRF's sentence if it is malformed
 */
export function basicCredentials(header: string | undefined): BasicCredentials | undefined {
  const words = authorizationWords(header);
  const [scheme, encoded] = words;
  if (scheme?.toLowerCase() !== 'basic') return undefined;
  if (encoded === undefined) throw new AuthenticationFailed('Invalid basic header. No credentials provided.');
  if (words.length > 2)
    throw new AuthenticationFailed('Invalid basic header. Credentials string should not contain spaces.');
  const text = decodeBase64(encoded);
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 0) {
    throw new AuthenticationFailed('Invalid basic header. Credentials not correctly base64 encoded.');
  }
  return { login: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * Python's `base64.b64decode` without validation: it drops characters outside the alphabet, ignores everything after
 * the first complete padding, and treats missing padding as an error. UTF-8, else Latin-1.
 */
function decodeBase64(encoded: string): string | undefined {
  let data = '';
  let padding = 0;
  for (const char of encoded) {
    if (/[A-Za-z0-9+/]/.test(char)) {
      // A lone `=` in the middle of a quad is dropped like any other foreign character if more data follows.
      padding = 0;
      data += char;
    } else if (char === '=') {
      const position = data.length % 4;
      if (position < 2) continue;
      padding += 1;
      if (position + padding === 4) break;
    }
  }
  const open = data.length % 4;
  if (open === 1 || (open > 1 && open + padding !== 4)) return undefined;
  const bytes = Buffer.from(data, 'base64');
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
}
