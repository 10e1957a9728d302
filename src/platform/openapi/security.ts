import type { AcceptedCredentials, Credential } from '../../kernel/account.js';
import type { Schema, SecurityRequirement } from './types.js';

/** The names in CVAT's document, which its generated clients use. */
export const SECURITY_SCHEMES: Readonly<Record<string, Schema>> = {
  accessTokenAuth: {
    type: 'http',
    scheme: 'bearer',
    description: 'A personal access token: `Authorization: Bearer <value>`.',
  },
  basicAuth: {
    type: 'http',
    scheme: 'basic',
    description: 'User name, or e-mail address, and password.',
  },
  csrfAuth: {
    type: 'apiKey',
    in: 'cookie',
    name: 'csrftoken',
    description: 'Comes with the session. Unsafe requests repeat its value in the header `X-CSRFToken`.',
  },
  csrfHeaderAuth: {
    type: 'apiKey',
    in: 'header',
    name: 'X-CSRFToken',
    description: 'The value of the cookie `csrftoken`. This page sends it automatically.',
  },
  sessionAuth: {
    type: 'apiKey',
    in: 'cookie',
    name: 'sessionid',
    description:
      'The session of a browser: `POST /api/auth/login` sets it, and browsers send it automatically.',
  },
  tokenAuth: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'Deprecated. The key that `POST /api/auth/login` returns: `Authorization: Token <key>`.',
    'x-token-prefix': 'Token',
  },
};

const REQUIREMENTS: Readonly<Record<Credential['kind'], SecurityRequirement>> = {
  token: { tokenAuth: [] },
  'access-token': { accessTokenAuth: [] },
  session: { sessionAuth: [], csrfAuth: [], csrfHeaderAuth: [] },
  basic: { basicAuth: [] },
};

const ALL: readonly Credential['kind'][] = ['token', 'access-token', 'session', 'basic'];

/** @returns the kinds of credentials that a view accepts, in the order in which they are checked */
export const acceptedCredentials = (accepted: AcceptedCredentials = 'all'): readonly Credential['kind'][] =>
  accepted === 'all' ? ALL : accepted === 'none' ? [] : accepted;

/** @returns one requirement for each way to sign in, and the empty one for routes that allow anonymous callers */
export const securityOf = (
  accepted: AcceptedCredentials | undefined,
  isPublic: boolean,
): readonly SecurityRequirement[] => [
  ...acceptedCredentials(accepted).map((kind) => REQUIREMENTS[kind]),
  ...(isPublic ? [{}] : []),
];
