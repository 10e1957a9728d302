import { PermissionDenied, ValidationError } from '../../../kernel/errors.js';
import { type Examples, failing } from '../../../platform/openapi/examples.js';
import { DATE } from './people.js';
import { missing } from './refusals.js';

/** Of a key that nobody has. */
const ID = 'rV9xTq2mXw3c4Zk0uYJm5Q';
const CLIENT_DATA = Buffer.from(
  JSON.stringify({
    type: 'webauthn.get',
    challenge: 'c29tZXRoaW5nIGVsc2U',
    origin: 'http://localhost:8080',
    crossOrigin: false,
  }),
).toString('base64url');
const CREDENTIAL = { id: ID, rawId: ID, type: 'public-key' };
const ASSERTION = {
  credential: {
    ...CREDENTIAL,
    response: { clientDataJSON: CLIENT_DATA, authenticatorData: 'SZYN5YgOjGh0NBcP', signature: 'MEUCIQDx' },
  },
};
const REGISTRATION = {
  name: 'Blue key',
  credential: {
    ...CREDENTIAL,
    response: { clientDataJSON: CLIENT_DATA, attestationObject: 'o2NmbXRkbm9uZQ', transports: ['usb'] },
  },
};
const CHALLENGE = '3q2-7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAx';
/** The key of diego. */
const KEY = { id: 1, name: 'Blue key', created_date: DATE, last_used_date: null };

const WITHOUT_SESSION = failing(
  new PermissionDenied('This needs a session: sign in with a browser.'),
  'With a token or a password instead of a session',
  { as: 'maria', by: 'token' },
);
const STALE = failing(
  new ValidationError({ credential: ['This took too long, or began in another browser. Try it again.'] }),
  'With another challenge than the one that this browser was given in the last five minutes',
  { body: ASSERTION },
);

const begin: Examples = {
  begun: {
    summary: 'For an account without keys',
    status: 200,
    request: { as: 'maria', by: 'session' },
    body: {
      rp: { id: 'localhost', name: 'localhost' },
      user: {
        id: 'kJ3u0m1yq8w2b5n7x9c4v6z8l0k2j4h6g8f0d2s4a6Q',
        name: 'maria',
        displayName: 'Maria Merian',
      },
      challenge: CHALLENGE,
      excludeCredentials: [],
      pubKeyCredParams: [
        { type: 'public-key', alg: -8 },
        { type: 'public-key', alg: -7 },
        { type: 'public-key', alg: -257 },
      ],
      timeout: 300_000,
      authenticatorSelection: {
        residentKey: 'preferred',
        requireResidentKey: false,
        userVerification: 'preferred',
      },
      attestation: 'none',
    },
  },
  without_session: WITHOUT_SESSION,
};

const add: Examples = {
  stale: failing(
    new ValidationError({ credential: ['This took too long, or began in another browser. Try it again.'] }),
    'With another challenge than the one that this browser was given in the last five minutes',
    { as: 'maria', by: 'session', body: REGISTRATION },
  ),
  without_session: failing(
    new PermissionDenied('This needs a session: sign in with a browser.'),
    'With a token or a password instead of a session',
    { as: 'maria', by: 'token', body: REGISTRATION },
  ),
};

const rename: Examples = {
  renamed: {
    summary: 'Renamed',
    status: 200,
    request: { as: 'diego', by: 'session', path: { id: 1 }, body: { name: 'Blue key' } },
    body: KEY,
  },
  missing: missing('Key', { path: { id: 99 } }),
  without_session: WITHOUT_SESSION,
};

const remove: Examples = {
  removed: {
    summary: 'Removed',
    status: 204,
    request: { as: 'diego', by: 'session', path: { id: 1 } },
  },
  missing: missing('Key', { path: { id: 99 } }),
  without_session: WITHOUT_SESSION,
};

const renewCodes: Examples = {
  has_app: failing(
    new ValidationError(['Send a code of your authenticator app, or a recovery code.']),
    'With an authenticator app, whose code another operation takes',
    { as: 'diego', by: 'session' },
  ),
  without_session: WITHOUT_SESSION,
};

const request = (keys: readonly object[], userVerification: string) => ({
  rpId: 'localhost',
  challenge: CHALLENGE,
  timeout: 300_000,
  allowCredentials: keys,
  userVerification,
});

const beginProof: Examples = {
  begun: {
    summary: 'For an account with a key',
    status: 200,
    request: { as: 'diego', by: 'session' },
    body: request([{ id: 'NSBCbHVlIGtleQ', type: 'public-key', transports: [] }], 'preferred'),
  },
  without_session: WITHOUT_SESSION,
};

const prove: Examples = {
  stale: { ...STALE, request: { as: 'diego', by: 'session', body: ASSERTION } },
  without_session: failing(
    new PermissionDenied('This needs a session: sign in with a browser.'),
    'With a token or a password instead of a session',
    { as: 'maria', by: 'token', body: ASSERTION },
  ),
};

const NOT_BEGUN = new ValidationError({
  non_field_errors: ['This sign-in is too old, or began in another browser. Sign in again.'],
});
const WITHOUT_LOGIN =
  'Without a login that asked for a second factor, in this browser and in the last ten minutes';

export const keyExamples: Readonly<Record<string, Examples>> = {
  auth_retrieve_factors_webauthn_options: begin,
  auth_create_factors_webauthn: add,
  auth_partial_update_factors_webauthn: rename,
  auth_destroy_factors_webauthn: remove,
  auth_create_factors_webauthn_recovery_codes: renewCodes,
  auth_retrieve_factors_proof_webauthn_options: beginProof,
  auth_create_factors_proof_webauthn: prove,
  auth_retrieve_login_key_options: {
    not_begun: failing(NOT_BEGUN, WITHOUT_LOGIN, { as: 'nobody' }),
  },
  auth_create_login_key: {
    not_begun: failing(NOT_BEGUN, WITHOUT_LOGIN, { as: 'nobody', body: ASSERTION }),
  },
  auth_retrieve_login_passkey_options: {
    begun: { summary: 'For any passkey of this site', status: 200, body: request([], 'required') },
  },
  auth_create_login_passkey: { stale: STALE },
};
