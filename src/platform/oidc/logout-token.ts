import { type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { LogoutNotice } from './provider.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** A notice is sent at once, so an old one is a replay. */
const MAXIMUM_AGE = '2 minutes';

/**
 * OpenID Connect Back-Channel Logout 1.0, section 2.6. A token that names a session but no subject is refused: this
 * server ends all sessions of a person.
 *
 * @returns undefined for an invalid token
 * @throws the errors of the connection to the provider, whose keys may have to be read
 */
export async function readLogoutToken(
  token: string,
  keys: JWTVerifyGetKey,
  expected: JWTVerifyOptions,
): Promise<LogoutNotice | undefined> {
  try {
    const { payload } = await jwtVerify(token, keys, { ...expected, maxTokenAge: MAXIMUM_AGE });
    const { sub, jti, events, nonce } = payload;
    const isNotice = typeof events === 'object' && events !== null && EVENT in events;
    if (!isNotice || nonce !== undefined || sub === undefined || jti === undefined) return undefined;
    return { subject: sub, tokenId: jti };
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_J')) return undefined;
    throw error;
  }
}
