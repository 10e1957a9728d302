import { unknownOrganization } from '../../../authorization/context.js';
import { noDecision } from '../../../authorization/engines/problems.js';
import {
  AuthenticationFailed,
  EnrolmentNeeded,
  NotAcceptable,
  NotAuthenticated,
  NotFound,
  ParseError,
  PayloadTooLarge,
  PermissionDenied,
  ProofNeeded,
  ServiceUnavailable,
  Throttled,
  UnsupportedMediaType,
  ValidationError,
} from '../../../kernel/errors.js';
import { MAXIMUM_BODY_BYTES } from '../../../platform/http/body.js';
import { challengeOf } from '../../../platform/http/pipeline.js';
import { check, requireObject } from '../../../platform/http/validate.js';
import { INVALID_PAGE } from '../../../platform/lists/pagination.js';
import { type Examples, failing } from '../../../platform/openapi/examples.js';
import { acceptedCredentials } from '../../../platform/openapi/security.js';
import type { DescribedRoute, ExampleRequest } from '../../../platform/openapi/types.js';
import { BOUND_TOKEN, basic, LATER, UNKNOWN_TOKEN } from './people.js';
import { forbidden } from './refusals.js';

/** A port without a listener. */
const NOWHERE = '127.0.0.1:1';

/** @returns the errors that follow from a route's definition: its access, its input and its dependencies */
export const commonExamples = (route: DescribedRoute): Examples => ({
  ...bodyExamples(route),
  ...credentialExamples(route),
  ...(route.access.kind === 'policy' ? POLICY : {}),
  ...(route.access.kind !== 'public' && acceptedCredentials(route.accepted).includes('access-token')
    ? BOUND
    : {}),
  ...(route.list === undefined ? {} : { ...LIST, ...PAGED }),
  ...(route.isPaged === true ? PAGED : {}),
  ...(isClosedToEnrolment(route) ? ENROLMENT : {}),
  ...(route.needsProof === undefined ? {} : PROOF),
  unknown_format: failing(new NotFound(), 'An unknown format', { query: { scheme: 'xml' } }),
  not_acceptable: failing(new NotAcceptable(), 'A media type that the server does not have', {
    headers: { Accept: 'text/csv' },
  }),
  ...limitExamples(route),
  ...(acceptedCredentials(route.accepted).length === 0 ? {} : STARTING),
});

function bodyExamples({ body, readBody, parsesBody }: DescribedRoute): Examples {
  if (body === undefined && !parsesBody) return {};
  return {
    ...(body === undefined || readBody !== undefined
      ? {}
      : refused(() => check(body, {}), MISSING_FIELDS, { body: {} })),
    ...(parsesBody ? refused(() => requireObject([]), NO_OBJECT, { text: '[]' }) : {}),
    parse_error: failing(
      new ParseError('JSON parse error - Expecting value: line 1 column 2 (char 1)'),
      'No JSON',
      { text: '{' },
    ),
    unsupported_media_type: failing(new UnsupportedMediaType('application/xml'), 'A body that is not JSON', {
      headers: { 'Content-Type': 'application/xml' },
      text: '<login/>',
    }),
    body_too_large: failing(new PayloadTooLarge(MAXIMUM_BODY_BYTES), 'A body beyond the limit'),
  };
}

const MISSING_FIELDS = { name: 'missing_fields', summary: 'Required fields are missing' };
const NO_OBJECT = { name: 'no_object', summary: 'A body that is not an object' };

/** The errors for an invalid body come from the real check. */
function refused(
  runCheck: () => unknown,
  { name, summary }: { readonly name: string; readonly summary: string },
  request: ExampleRequest,
): Examples {
  try {
    runCheck();
    return {};
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return { [name]: failing(error, summary, request) };
  }
}

function credentialExamples({ accepted = 'all', access, method }: DescribedRoute): Examples {
  const kinds = acceptedCredentials(accepted);
  if (kinds.length === 0) return {};
  const headers = { 'WWW-Authenticate': challengeOf(accepted) };
  const keyword = kinds.includes('token') ? 'Token' : 'Bearer';
  return {
    ...(access.kind === 'public'
      ? {}
      : {
          not_authenticated: failing(new NotAuthenticated(challengeOf(accepted)), 'No credentials', {
            as: 'nobody',
          }),
        }),
    invalid_token: failing(
      new AuthenticationFailed('Invalid token.', { headers }),
      'A token that is unknown, expired or revoked',
      {
        as: 'nobody',
        headers: { Authorization: `${keyword} ${UNKNOWN_TOKEN}` },
      },
    ),
    ...(kinds.includes('basic')
      ? {
          wrong_password: failing(
            new AuthenticationFailed('Invalid username/password.', { headers }),
            'A wrong password',
            {
              as: 'nobody',
              headers: { Authorization: basic('maria', 'wrong') },
            },
          ),
        }
      : {}),
    ...(kinds.includes('session') && method !== 'get' ? CSRF : {}),
  };
}

const isClosedToEnrolment = ({ access, accepted, isForEnrolment }: DescribedRoute): boolean =>
  access.kind !== 'public' && isForEnrolment !== true && acceptedCredentials(accepted).includes('token');

/** maria has no second factor. */
const ENROLMENT: Examples = {
  second_factor_required: {
    ...failing(
      new EnrolmentNeeded('https://cvat.example.org/account/security/enrol'),
      'An account that has to set up a second factor first',
      { as: 'maria', by: 'token' },
    ),
    settings: { PUBLIC_URL: 'https://cvat.example.org', MFA_REQUIRED: 'all' },
  },
};

/** diego has an authenticator app. */
const PROOF: Examples = {
  second_factor_needed: {
    ...failing(
      new ProofNeeded('https://cvat.example.org/account/sign-in?step=prove'),
      'An account with a second factor, without a fresh proof of it',
      { as: 'diego', by: 'token' },
    ),
    settings: { PUBLIC_URL: 'https://cvat.example.org' },
  },
};

const CSRF: Examples = {
  csrf_failed: failing(
    new PermissionDenied("CSRF Failed: CSRF token from the 'X-Csrftoken' HTTP header has incorrect length."),
    'A session without the value of its CSRF cookie',
    { as: 'maria', by: 'session', headers: { 'X-CSRFToken': 'wrong' } },
  ),
};

const POLICY: Examples = {
  two_organizations: failing(
    new ValidationError([
      'You cannot specify "org_id" query parameter with "org" query parameter or "X-Organization" HTTP header at the same time.',
    ]),
    'Two organizations at once',
    { query: { org: 'acme', org_id: 1 } },
  ),
  wrong_organization_id: failing(
    new ValidationError({ org_id: ['Enter a number.'] }),
    'An organization id that is not a number',
    { query: { org_id: 'acme' } },
  ),
  unknown_organization: failing(unknownOrganization('nowhere'), 'An organization that does not exist', {
    query: { org: 'nowhere' },
  }),
  policy_unreachable: {
    ...failing(noDecision('opa_unreachable'), 'No decision is possible: Open Policy Agent does not answer'),
    settings: { OPA_URL: `http://${NOWHERE}` },
  },
};

const BOUND: Examples = {
  bound_elsewhere: forbidden('A personal access token bound to another organization', {
    as: 'nobody',
    headers: { Authorization: `Bearer ${BOUND_TOKEN}` },
    query: { org: '' },
  }),
};

const PAGED: Examples = {
  invalid_page: failing(new NotFound(INVALID_PAGE), 'A page beyond the last one', { query: { page: 99 } }),
};

const LIST: Examples = {
  empty_filter: failing(new ValidationError(["filter shouldn't be empty"]), 'A filter without rules', {
    query: { filter: '{}' },
  }),
  unknown_field: failing(
    new ValidationError(["filter: term 'nothing' is not supported"]),
    'A filter over a field that the list does not have',
    {
      query: { filter: '{"==":[{"var":"nothing"},1]}' },
    },
  ),
};

/** Anonymous requests are counted by address; wrong passwords are counted by address and by account. */
function limitExamples({ access, accepted }: DescribedRoute): Examples {
  const kinds = acceptedCredentials(accepted);
  const again = new Throttled(60, 'throttle_anon');
  return {
    ...(access.kind === 'public'
      ? {
          throttled: {
            ...failing(again, 'Too many requests without credentials: the second in a minute', {
              as: 'nobody',
            }),
            settings: { THROTTLE_ANON: '1/minute' },
          },
        }
      : {}),
    ...(kinds.includes('basic')
      ? {
          too_many_wrong_passwords: {
            ...failing(again, 'Too many wrong passwords: the second in a minute', {
              as: 'nobody',
              headers: { Authorization: basic('maria', 'wrong') },
            }),
            headers: { 'Retry-After': LATER },
            settings: { LOGIN_FAILURES_PER_ADDRESS: '1/minute' },
          },
        }
      : {}),
  };
}

const STARTING: Examples = {
  database_unreachable: {
    ...failing(
      new ServiceUnavailable(
        'database_unreachable',
        'The server is starting: the database does not answer yet.',
      ),
      'The database does not answer',
      { as: 'nobody' },
    ),
    settings: { DATABASE_URL: `postgres://${NOWHERE}/cvat` },
  },
};
