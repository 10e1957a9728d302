import { describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { SESSION_ID } from '../../../src/features/api-docs/examples/sessions.js';
import { HOUR, MINUTE } from '../../../src/kernel/clock.js';
import type { ExampleObject, ExampleRequest, Operation } from '../../../src/platform/openapi/types.js';
import { createTestApp, type TestApp, useTestApp } from '../../support/app.js';
import type { Answer } from '../../support/http.js';
import { committedDocument, resolved, undocumented } from '../../support/openapi.js';
import { missingServices } from '../../support/programs.js';
import {
  buildWorld,
  credentialsOf,
  factorCodeOf,
  openSession,
  RECOVERY_CODE,
  resetTokenOf,
  SECRET_KEY,
} from './world.js';

/** Replays every example of the committed document: what it says was asked is asked, what it says comes has to come. */

const document = committedDocument();

interface Shown {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  readonly name: string;
  readonly status: number;
  readonly type: string | undefined;
  readonly headers: readonly string[];
  readonly example: ExampleObject;
}

const shown: readonly Shown[] = Object.entries(document.paths).flatMap(([template, item]) =>
  Object.entries(item).flatMap(([method, operation]) =>
    Object.entries(operation.responses).flatMap(([status, response]) => {
      const parts = [
        ...Object.entries(response.content ?? {}).map(([type, media]) => ({
          type,
          examples: media.examples ?? {},
        })),
        { type: undefined, examples: response['x-examples'] ?? {} },
      ];
      return parts.flatMap(({ type, examples }) =>
        Object.entries(examples).map(([name, example]) => ({
          method: method.toUpperCase(),
          path: template,
          operation,
          name,
          status: Number(status),
          type,
          headers: Object.keys(response.headers ?? {}),
          example: resolved(document, example),
        })),
      );
    }),
  ),
);

const settingsOf = ({ example }: Shown): string => JSON.stringify(example['x-settings'] ?? {});
const idOf = ({ operation }: Shown): string => operation.operationId;

function grouped(examples: readonly Shown[], keyOf: (one: Shown) => string): readonly [string, Shown[]][] {
  const groups = new Map<string, Shown[]>();
  for (const one of examples) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return [...groups];
}

/** What an example does not say is as in the first one that succeeds. */
function requestOf({ operation, example }: Shown): ExampleRequest {
  const model =
    shown.find((other) => other.operation === operation && other.status < 400)?.example['x-request'] ?? {};
  const own = example['x-request'] ?? {};
  const isPublic = operation.security.some((way) => Object.keys(way).length === 0);
  const ways = Object.keys(operation.security[0] ?? {});
  return {
    as: isPublic ? 'nobody' : 'maria',
    by: ways.includes('accessTokenAuth') ? 'access-token' : 'token',
    ...model,
    ...own,
    path: { ...model.path, ...own.path },
    query: { ...(namesOrganization(own) ? withoutOrganization(model) : model.query), ...own.query },
    headers: { ...model.headers, ...own.headers },
  };
}

/** `org` and `org_id` are one thing in two spellings: who says one does not want the other. */
const namesOrganization = ({ query = {} }: ExampleRequest): boolean => 'org' in query || 'org_id' in query;

const withoutOrganization = ({ query = {} }: ExampleRequest) =>
  Object.fromEntries(Object.entries(query).filter(([name]) => name !== 'org' && name !== 'org_id'));

const TOO_LARGE = ' '.repeat(1024 * 1024 + 1);

async function ask(app: TestApp, one: Shown): Promise<Answer> {
  const request = requestOf(one);
  const query = new URLSearchParams(
    Object.entries(request.query ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const path = await pathOf(app, one, request);
  const url = one.path.replace(/\{(\w+)\}/g, (_, name: string) => String(path[name]));
  const text = one.name === 'body_too_large' ? TOO_LARGE : request.text;
  const body = text ?? (await bodyOf(app, one, request));
  return app.send(query.size === 0 ? url : `${url}?${query}`, {
    method: one.method,
    headers: {
      ...(text === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(await credentialsOf(app, request)),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
}

/** No session of the document exists: its id comes from its key. */
async function pathOf(app: TestApp, { operation, status }: Shown, { path = {} }: ExampleRequest) {
  const isAboutOne = path['session_id'] !== undefined || operation.operationId === 'users_list_sessions';
  if (status >= 400 || !isAboutOne) return path;
  const id = await openSession(app);
  return path['session_id'] === SESSION_ID ? { ...path, session_id: id } : path;
}

async function bodyOf(app: TestApp, shown: Shown, { body }: ExampleRequest): Promise<unknown> {
  const { name, operation, status } = shown;
  if (operation.requestBody === undefined) return undefined;
  // A code of an app is good for a minute.
  if (status < 400 && typeof body === 'object' && body !== null && 'code' in body)
    return { code: requestOf(shown).as === 'diego' ? RECOVERY_CODE : factorCodeOf(app) };
  // A link of a mail is good for one moment of one account: the one of the document never is.
  return name === 'reset' && typeof body === 'object' ? { ...body, token: await resetTokenOf(app) } : body;
}

/** No limit of an example is higher than five requests. */
async function askUntilRefused(app: TestApp, one: Shown): Promise<Answer> {
  for (let count = 0; count < 5; count += 1) {
    const answer = await ask(app, one);
    if (answer.status === 429) return answer;
  }
  return ask(app, one);
}

/**
 * Values of an answer change from run to run; its keys, their order and their types do not. What may be null is told
 * by the schema, against which the answer is checked as well.
 */
function isAlike(value: unknown, shown: unknown): boolean {
  if (value === null || shown === null) return true;
  if (Array.isArray(value) && Array.isArray(shown))
    return shown.length === 0 || (value.length > 0 && isAlike(value[0], shown[0]));
  if (typeof value !== 'object' || typeof shown !== 'object') return typeof value === typeof shown;
  const [keys, shownKeys] = [Object.keys(value), Object.keys(shown)];
  const properties = Object.entries(value);
  return (
    keys.join() === shownKeys.join() &&
    Object.values(shown).every((item, index) => isAlike(properties[index]?.[1], item))
  );
}

/** The document shows what the text says. */
const YAML = 'application/vnd.oai.openapi';

function expectAnswer(one: Shown, answer: Answer): void {
  const { name, status, type, example, headers } = one;
  const what = `${name}: ${answer.text.slice(0, 500)}`;
  expect(answer.status, what).toBe(status);
  for (const header of headers) expect(answer.headers, what).toHaveProperty(header.toLowerCase());
  expect(undocumented(one.method, one.path, answer), what).toBeUndefined();
  if (type === undefined) return;
  expect(answer.headers['content-type']?.split(';')[0], what).toBe(type);
  if (type === YAML) expect(parse(answer.text), what).toEqual(example.value);
  else if (!type.endsWith('json')) expect(answer.text, what).toBe(example.value);
  else if (status >= 400) expect(answer.json(), what).toEqual(example.value);
  else expect(isAlike(answer.json(), example.value), what).toBe(true);
}

/** Nothing here is about limits but the examples that say so. */
const SETTINGS = {
  LOGIN_FAILURES_PER_ADDRESS: 'none',
  LOGIN_FAILURES_PER_ACCOUNT: 'none',
  LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: 'none',
  MAIL_REQUESTS_PER_RECIPIENT: 'none',
  MAIL_REQUESTS_PER_CLIENT: 'none',
  SECRET_KEY,
};

/** What the engines do differently, others test: where the real ones are installed, they are enough here. */
const isSpared = inject('engines') === 'embedded' && missingServices().length === 0;

describe.skipIf(isSpared).each(grouped(shown, settingsOf))(
  'the examples with the settings %s',
  (settings, examples) => {
    const env = JSON.parse(settings) as Record<string, string>;
    const isStarted = env['DATABASE_URL'] === undefined;
    let isFresh = false;
    const app = useTestApp({ env: { ...SETTINGS, ...env }, prepare: isStarted });

    it.each(grouped(examples, idOf))('%s answers as they say', async (_id, own) => {
      // What succeeds comes last, on a world that nobody has touched.
      for (const one of [...own].sort((left, right) => right.status - left.status)) {
        const changesIt = one.status < 400 && one.method !== 'GET';
        if (isStarted && (changesIt || !isFresh)) await buildWorld(app);
        isFresh = !changesIt;
        // Limits forget within an hour.
        app.clock.advance(HOUR + MINUTE);
        expectAnswer(one, one.status === 429 ? await askUntilRefused(app, one) : await ask(app, one));
      }
    });
  },
);

/** Answers that need a person at an identity provider, an authenticator, or a step before: test/api/sign-on and test/api/factors show them. */
const WITH_A_PROVIDER = [
  'auth_create_factors_proof_webauthn 204',
  'auth_create_factors_webauthn 201',
  'auth_create_factors_webauthn_recovery_codes 201',
  'auth_create_linked_accounts 200',
  'auth_create_login_code 200',
  'auth_create_login_key 200',
  'auth_retrieve_login_key_options 200',
  'auth_create_login_passkey 200',
  'auth_create_oidc_backchannel_logout 204',
  'auth_create_oidc_login_token 200',
  'auth_retrieve_social_login 302',
  'auth_retrieve_social_login_callback 302',
  'auth_create_social_login_token 200',
];

describe('the committed document', () => {
  it('is the one that a server with default settings answers', async () => {
    const app = await createTestApp();
    const answer = await app.send('/api/schema/?scheme=json');
    await app.close();
    expect(answer.json()).toEqual(document);
  });

  it('shows an example of every answer', () => {
    const silent = Object.values(document.paths)
      .flatMap((item) => Object.values(item))
      .flatMap((operation) =>
        Object.entries(operation.responses)
          .filter(
            ([status]) => !shown.some((one) => one.operation === operation && String(one.status) === status),
          )
          .map(([status]) => `${operation.operationId} ${status}`),
      );
    expect(silent).toEqual(WITH_A_PROVIDER);
  });
});
