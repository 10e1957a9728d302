import type { LimitName, UnavailableCode } from './refusals.js';

/**
 * Every error that a client may see. There is one class per exception of Django REST framework, with its default
 * sentence: a handler throws the exact error, and the renderer decides nothing.
 */

export interface ApiErrorOptions extends ErrorOptions {
  readonly headers?: Readonly<Record<string, string>>;
}

/** Messages per field, in declaration order; nested maps for nested serializers. */
export type FieldErrors = { readonly [field: string]: readonly string[] | FieldErrors };

/** An answer other than success: its status, its exact JSON body and its headers. `cause` only goes to the log. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, options: ApiErrorOptions = {}) {
    super(`${status} ${JSON.stringify(body)}`, options);
    this.name = new.target.name;
    this.status = status;
    this.body = body;
    this.headers = options.headers ?? {};
  }
}

/** 400, `JSON parse error - ...`. */
export class ParseError extends ApiError {
  constructor(detail = 'Malformed request.', options?: ApiErrorOptions) {
    super(400, { detail }, options);
  }
}

/**
 * 400 in one of the shapes of `ValidationError`: a field map, a list of sentences (DRF's form for a plain string
 * raised outside a serializer), or a bare JSON string (CVAT views that answer with a text).
 */
export class ValidationError extends ApiError {
  constructor(body: FieldErrors | readonly string[] | string, options?: ApiErrorOptions) {
    super(400, body, options);
  }
}

/** 401 for a request without credentials. The challenge names the first authentication class of the view (DRF). */
export class NotAuthenticated extends ApiError {
  constructor(challenge: string, options?: ApiErrorOptions) {
    super(
      401,
      { detail: 'Authentication credentials were not provided.' },
      { ...options, headers: { 'WWW-Authenticate': challenge } },
    );
  }
}

/** 401 for a request with credentials of a known kind that are wrong. */
export class AuthenticationFailed extends ApiError {
  /** The sentence of the answer, for the log. */
  readonly sentence: string;

  constructor(detail = 'Incorrect authentication credentials.', options?: ApiErrorOptions) {
    super(401, { detail }, options);
    this.sentence = detail;
  }
}

/** 403, also for CSRF failures (raised by the session authentication, as in DRF). */
export class PermissionDenied extends ApiError {
  constructor(detail = 'You do not have permission to perform this action.', options?: ApiErrorOptions) {
    super(403, { detail }, options);
  }
}

/** The second factors of an account. */
export interface FactorMeans {
  readonly hasApp: boolean;
  readonly hasKey: boolean;
}

/**
 * 400 for a right password of an account with a second factor. CVAT's user interface shows the sentence as Markdown, in
 * which only absolute links leave it. Not in CVAT.
 *
 * @param reason what is the matter with the code after the password
 * @param page where the code alone, or a key, is enough; null without pages
 * @param means what the account has besides recovery codes
 */
export class CodeRequired extends ValidationError {
  constructor(
    reason: 'missing' | 'wrong',
    page: string | null,
    means: FactorMeans,
    options?: ApiErrorOptions,
  ) {
    const first = reason === 'wrong' ? 'The code is wrong or too old, or it was used before. ' : '';
    const here = means.hasKey ? 'use your passkey or security key here' : 'enter the code here';
    const link = page === null ? '' : `, or [${here}](${page})`;
    const code = means.hasApp ? 'the six digits of your authenticator app' : 'a recovery code';
    const how = `Enter your password followed by ${code}`;
    super({ non_field_errors: [`${first}${how}${link}.`] }, options);
  }
}

/**
 * 403 for what needs a fresh proof of the second factor. Not in CVAT: no account has one there.
 *
 * @param page where the person gives it; null without pages
 */
export class ProofNeeded extends ApiError {
  constructor(page: string | null, options?: ApiErrorOptions) {
    const how = page === null ? '' : ` [Prove it](${page}), and do it again.`;
    super(
      403,
      {
        detail: `This needs a proof of your second factor that is younger than 15 minutes, in a session.${how}`,
        code: 'second_factor_needed',
      },
      options,
    );
  }
}

/** What a page says where the password was right, and the account has to have a second factor. */
const NEEDS_FACTOR = 'Your account needs a second factor.';
const setUp = (page: string | null): string => (page === null ? '' : ` [Set one up](${page}).`);

/**
 * 400 for a right password of an account that has to have a second factor and lacks it: CVAT's user interface shows the
 * sentence as Markdown. Not in CVAT.
 *
 * @param page where the person goes on to set it up; null without pages
 */
export class EnrolmentRequired extends ValidationError {
  constructor(page: string | null, options?: ApiErrorOptions) {
    super({ non_field_errors: [`${NEEDS_FACTOR}${setUp(page)}`] }, options);
  }
}

/** 403 for everything but setting up a second factor, where the account has to have one. Not in CVAT. */
export class EnrolmentNeeded extends ApiError {
  constructor(page: string | null, options?: ApiErrorOptions) {
    super(403, { detail: `${NEEDS_FACTOR}${setUp(page)}`, code: 'second_factor_required' }, options);
  }
}

/** 404 as JSON. */
export class NotFound extends ApiError {
  constructor(detail = 'Not found.', options?: ApiErrorOptions) {
    super(404, { detail }, options);
  }
}

/** 405. */
export class MethodNotAllowed extends ApiError {
  constructor(method: string, options?: ApiErrorOptions) {
    super(405, { detail: `Method "${method}" not allowed.` }, options);
  }
}

/** 406. */
export class NotAcceptable extends ApiError {
  constructor(detail = 'Could not satisfy the request Accept header.', options?: ApiErrorOptions) {
    super(406, { detail }, options);
  }
}

/** 413. Not in Django REST framework: JSON bodies are unlimited there. */
export class PayloadTooLarge extends ApiError {
  constructor(limitBytes: number, options?: ApiErrorOptions) {
    super(413, { detail: `Request body exceeds ${limitBytes} bytes.` }, options);
  }
}

/** 415; `contentType` is repeated exactly as sent. */
export class UnsupportedMediaType extends ApiError {
  constructor(contentType: string, options?: ApiErrorOptions) {
    super(415, { detail: `Unsupported media type "${contentType}" in request.` }, options);
  }
}

/** 429 of a limit; `waitSeconds` is rounded up, and omitted if it is 0 (DRF `Throttled`). */
export class Throttled extends ApiError {
  /** For the log and the metrics: the client is not told. */
  readonly limit: LimitName;

  constructor(waitSeconds: number, limit: LimitName, options?: ApiErrorOptions) {
    const wait = Math.ceil(waitSeconds);
    const unit = wait === 1 ? 'second' : 'seconds';
    super(
      429,
      {
        detail:
          wait > 0
            ? `Request was throttled. Expected available in ${wait} ${unit}.`
            : 'Request was throttled.',
      },
      { ...options, headers: wait > 0 ? { 'Retry-After': String(wait) } : {} },
    );
    this.limit = limit;
  }
}

/**
 * 503 that names the missing part: a dependency that is down, or a queue that is full. It fails closed and recovers
 * without intervention.
 */
export class ServiceUnavailable extends ApiError {
  readonly code: UnavailableCode;

  constructor(
    code: UnavailableCode,
    detail: string,
    options?: ApiErrorOptions & { readonly retryAfterSeconds?: number },
  ) {
    super(
      503,
      { detail, code },
      { ...options, headers: { 'Retry-After': String(options?.retryAfterSeconds ?? 5) } },
    );
    this.code = code;
  }
}

/**
 * The client disconnected before its answer, and the rest of its work was not done. Nobody reads the status; nginx
 * logs the same one for this case.
 */
export class ClientGone extends ApiError {
  constructor(options?: ApiErrorOptions) {
    super(499, { detail: 'The client closed the connection.' }, options);
  }
}
