import type { Exchange } from '../../platform/http/exchange.js';

/** Characters of `User-Agent` that a session keeps; browsers send about 120. */
export const LONGEST_USER_AGENT = 256;

/** The client that opened a session, as its owner sees it later. */
export interface SessionClient {
  readonly address: string;
  /** What the client said of itself: any text. Null for nothing. */
  readonly userAgent: string | null;
}

/** Category C of Unicode: control and format characters, surrogates, and what is not assigned. */
const UNPRINTABLE = /\p{C}/gu;

/** @returns the client of a request, with a text that is short and printable */
export function sessionClientOf({ req, origin }: Exchange): SessionClient {
  const userAgent = (req.headers['user-agent'] ?? '').replace(UNPRINTABLE, '').trim();
  return {
    address: origin.clientAddress,
    userAgent: userAgent === '' ? null : userAgent.slice(0, LONGEST_USER_AGENT),
  };
}
