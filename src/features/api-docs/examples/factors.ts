import { PermissionDenied, ValidationError } from '../../../kernel/errors.js';
import { type Examples, failing } from '../../../platform/openapi/examples.js';
import { qrCode } from '../../../platform/otp/qr-code.js';
import { DATE } from './people.js';
import { forbidden, missing } from './refusals.js';

/** Of the app in the examples: `CODE` is one of its codes, but not at the moment. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const CODE = '287082';
const LINK = `otpauth://totp/localhost:maria?issuer=localhost&secret=${SECRET}&algorithm=SHA1&digits=6&period=30`;

const RECOVERY_CODES = [
  '7k2m9-x4vq8-ch3td',
  'w5r1n-8jz6y-4gpb2',
  '0a9fe-m7kd3-qx6rs',
  'b8v4t-2nh5w-9zc1j',
  'y3g6q-kr0p8-d7ma4',
  '5xs2e-t9vf1-n6bh8',
  'j4z7c-3qw0m-pr5kg',
  'h1d8y-6ae2x-v9tn3',
  'p6m0b-w4sj7-2fq5z',
  'r9t3k-c8gx1-e0yh6',
];

/** Without a factor, as most accounts are. */
const NONE = {
  totp: { enabled: false, created_date: null },
  recovery_codes: { remaining: 0 },
  webauthn: [],
};
const SOME = {
  totp: { enabled: true, created_date: DATE },
  recovery_codes: { remaining: 10 },
  webauthn: [{ id: 1, name: 'Blue key', created_date: DATE, last_used_date: null }],
};

const WITHOUT_SESSION = failing(
  new PermissionDenied('This needs a session: sign in with a browser.'),
  'With a token or a password instead of a session',
  { by: 'token' },
);
const WRONG_CODE = failing(
  new ValidationError({ code: ['The code is wrong or too old, or it was used before.'] }),
  'A code that does not count',
  { body: { code: '000000' } },
);
const NOT_SET_UP = failing(new ValidationError(['No authenticator app is set up.']), 'Without an app', {
  as: 'maria',
});

const retrieveOwn: Examples = {
  none: { summary: 'None', status: 200, request: { as: 'maria' }, body: NONE },
  app: { summary: 'An authenticator app and a key', status: 200, request: { as: 'diego' }, body: SOME },
};

const begin: Examples = {
  begun: {
    summary: 'Begun',
    status: 201,
    request: { as: 'maria', by: 'session' },
    body: { secret: SECRET, otpauth_url: LINK, qr_svg: qrCode(LINK) },
  },
  already_set_up: failing(
    new ValidationError(['An authenticator app is set up already. Remove it first.']),
    'With an app that was confirmed',
    { as: 'diego' },
  ),
  without_session: WITHOUT_SESSION,
};

const confirm: Examples = {
  confirmed: {
    summary: 'Confirmed',
    status: 200,
    request: { as: 'carla', by: 'session', body: { code: CODE } },
    body: { recovery_codes: RECOVERY_CODES },
  },
  wrong_code: WRONG_CODE,
  not_begun: failing(
    new ValidationError(['No authenticator app is being set up.']),
    'Without an app that is being set up',
    { as: 'maria' },
  ),
  without_session: WITHOUT_SESSION,
};

const remove: Examples = {
  removed: {
    summary: 'Removed',
    status: 204,
    request: { as: 'diego', by: 'session', body: { code: CODE } },
  },
  wrong_code: WRONG_CODE,
  not_set_up: NOT_SET_UP,
  without_session: WITHOUT_SESSION,
};

const NO_FACTOR = failing(new ValidationError(['No second factor is set up.']), 'Without a second factor', {
  as: 'maria',
});

const renewCodes: Examples = {
  replaced: {
    summary: 'Replaced',
    status: 201,
    request: { as: 'diego', by: 'session', body: { code: CODE } },
    body: { recovery_codes: RECOVERY_CODES },
  },
  wrong_code: WRONG_CODE,
  no_factor: NO_FACTOR,
  without_session: WITHOUT_SESSION,
};

const prove: Examples = {
  proved: {
    summary: 'Proved',
    status: 204,
    request: { as: 'diego', by: 'session', body: { code: CODE } },
  },
  wrong_code: WRONG_CODE,
  without_session: WITHOUT_SESSION,
};

const finishLogin: Examples = {
  not_begun: failing(
    new ValidationError({
      non_field_errors: ['This sign-in is too old, or began in another browser. Sign in again.'],
    }),
    'Without a login that asked for a code, in this browser and in the last ten minutes',
    { as: 'nobody', body: { code: CODE } },
  ),
};

const OTHERS = {
  forbidden: forbidden('Another user', { as: 'maria', path: { id: 3 } }),
  missing: missing('User', { path: { id: 99 } }),
};

const retrieveOf: Examples = {
  by_administrator: {
    summary: 'The second factors of another user, for an administrator',
    status: 200,
    request: { as: 'admin', path: { id: 5 } },
    body: SOME,
  },
  ...OTHERS,
};

const resetOf: Examples = {
  removed: { summary: 'Removed', status: 204, request: { as: 'admin', path: { id: 5 } } },
  own: failing(
    new PermissionDenied('Your own second factors are removed with a code of them.'),
    'Those of the caller',
    { path: { id: 1 } },
  ),
  ...OTHERS,
};

export const factorExamples: Readonly<Record<string, Examples>> = {
  auth_retrieve_factors: retrieveOwn,
  auth_create_factors_totp: begin,
  auth_create_factors_totp_confirm: confirm,
  auth_destroy_factors_totp: remove,
  auth_create_factors_recovery_codes: renewCodes,
  auth_create_factors_proof: prove,
  auth_create_login_code: finishLogin,
  users_retrieve_factors: retrieveOf,
  users_destroy_factors: resetOf,
};
