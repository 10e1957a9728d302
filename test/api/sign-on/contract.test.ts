import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { OpenApiDocument, Operation, Parameter, Schema } from '../../../src/platform/openapi/types.js';
import { useTestApp } from '../../support/app.js';
import { startScriptedProvider } from '../../support/hostile-provider.js';
import type { Answer } from '../../support/http.js';
import { createAnswerCheck } from '../../support/openapi.js';
import { beginSignOn, comeBackFrom, openIdEntry, signOn, writeAuthConfig } from '../../support/sign-on.js';
import { startGitHub } from '../../support/social-providers.js';

/** Single sign-on beside the public OpenAPI document of app.cvat.ai 2.62.0, of which the part is in cvat-2.62.json. */

type Document = Pick<OpenApiDocument, 'paths' | 'components'>;

const CVAT = JSON.parse(readFileSync(path.join(import.meta.dirname, 'cvat-2.62.json'), 'utf8')) as Document;

const [idp, github] = await Promise.all([startScriptedProvider(), startGitHub()]);
afterAll(() => Promise.all([idp.stop(), github.stop()]));

const app = useTestApp({
  env: {
    AUTH_CONFIG_PATH: writeAuthConfig({
      sso: { enabled: true, identity_providers: [openIdEntry(idp)] },
      social_account: {
        enabled: true,
        github: { client_id: github.clientId, client_secret: github.clientSecret, server_url: github.url },
      },
    }),
  },
});

/** A place in both documents, and what is there. */
interface Difference {
  readonly place: string;
  readonly cvat: unknown;
  readonly here: unknown;
}

const schemaOf = (name: string) => `schemas ${name}`;
const LONGEST = 4096;

/** Every difference, by its reason. */
const DIFFERENCES: Readonly<Record<string, readonly Difference[]>> = {
  'a page to go to afterwards, and the flow of the user interface of CVAT Enterprise: additions': [
    'oidc',
    'social',
  ].flatMap((family) =>
    ['client', 'next'].flatMap((name) => {
      const place = `get /api/auth/${family}/{id}/login/ query ${name}`;
      return [
        { place: `${place} required`, cvat: undefined, here: false },
        { place: `${place} type`, cvat: undefined, here: 'string' },
      ];
    }),
  ),
  'CVAT answers 302 too: its generator does not know it': ['oidc', 'social'].flatMap((family) =>
    ['', 'callback/'].flatMap((end) => {
      const place = `get /api/auth/${family}/{id}/login/${end}`;
      return [
        { place: `${place} 200`, cvat: 'no body', here: undefined },
        { place: `${place} 302`, cvat: undefined, here: 'no body' },
      ];
    }),
  ),
  'CVAT answers one object too: the generator takes every action named list for a list': [
    { place: 'get /api/auth/social 200 type', cvat: 'array', here: undefined },
    { place: 'get /api/auth/social 200 items $ref', cvat: refTo('SocialAuthMethods'), here: undefined },
    { place: 'get /api/auth/social 200 $ref', cvat: undefined, here: refTo('SocialAuthMethods') },
  ],
  'CVAT answers a list too: the generator takes it for one object': [
    { place: 'get /api/user-agreements 200 type', cvat: undefined, here: 'array' },
    { place: 'get /api/user-agreements 200 items $ref', cvat: undefined, here: refTo('UserAgreement') },
    { place: 'get /api/user-agreements 200 $ref', cvat: refTo('UserAgreement'), here: undefined },
  ],
  'no value of a client is as long, and longer ones are refused': [
    'access_token',
    'code',
    'id_token',
    'auth_params',
    'process',
    'scope',
  ].map((field) => ({
    place: `${schemaOf('SocialLoginSerializerExRequest')} properties ${field} maxLength`,
    cvat: undefined,
    here: LONGEST,
  })),
  'the value has no effect here, so that none is assumed': [
    ['auth_params', ''],
    ['process', 'login'],
    ['scope', ''],
  ].map(([field, value]) => ({
    place: `${schemaOf('SocialLoginSerializerExRequest')} properties ${field} default`,
    cvat: value,
    here: undefined,
  })),
  'every answer has the field': [
    ...['SocialAuthMethod', 'SSOAuthMethod'].flatMap((name) =>
      ['is_enabled', 'icon'].map((field) => [name, field] as const),
    ),
    ...['url_display_text', 'url', 'text_prefix', 'required', 'value'].map(
      (field) => ['UserAgreement', field] as const,
    ),
  ].map(([name, field]) => ({ place: `${schemaOf(name)} required ${field}`, cvat: undefined, here: true })),
};

function refTo(name: string): string {
  return `#/components/schemas/${name}`;
}

type Facts = Record<string, unknown>;

/** Every value of a schema by its place; the order of required fields and choices means nothing. */
function schemaFacts(place: string, value: unknown, facts: Facts): void {
  if (typeof value !== 'object' || value === null) {
    facts[place] = value;
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (key === 'description') continue;
    if (key === 'required' && Array.isArray(item))
      for (const field of item) facts[`${place} required ${String(field)}`] = true;
    else if (key === 'enum' && Array.isArray(item)) facts[`${place} enum`] = [...item].sort();
    else schemaFacts(`${place} ${key}`, item, facts);
  }
}

function operationFacts(place: string, operation: Operation, facts: Facts): void {
  facts[`${place} operationId`] = operation.operationId;
  for (const parameter of (operation.parameters ?? []) as readonly Parameter[]) {
    const where = `${place} ${parameter.in} ${parameter.name}`;
    facts[`${where} required`] = parameter.required ?? false;
    schemaFacts(where, parameter.schema, facts);
  }
  for (const [type, { schema }] of Object.entries(operation.requestBody?.content ?? {}))
    schemaFacts(`${place} body ${type}`, schema, facts);
  for (const [status, response] of Object.entries(operation.responses)) {
    if (Number(status) >= 400) continue;
    const contents = Object.entries(response.content ?? {});
    if (contents.length === 0) facts[`${place} ${status}`] = 'no body';
    for (const [type, { schema }] of contents) {
      facts[`${place} ${status} media`] = type;
      schemaFacts(`${place} ${status}`, schema, facts);
    }
  }
}

/** @returns what a document says of the operations and schemas that CVAT has; errors are no part of CVAT's document */
function factsOf({ paths, components }: Document): Facts {
  const facts: Facts = {};
  for (const [template, item] of Object.entries(CVAT.paths))
    for (const method of Object.keys(item)) {
      const operation = paths[template]?.[method];
      if (operation !== undefined) operationFacts(`${method} ${template}`, operation, facts);
    }
  for (const name of Object.keys(CVAT.components.schemas))
    schemaFacts(schemaOf(name), components.schemas[name] ?? 'missing', facts);
  return facts;
}

const byPlace = (left: Difference, right: Difference) => (left.place < right.place ? -1 : 1);

/** CVAT's document as CVAT answers: without the mistakes of its generator. */
function corrected(): Document {
  const { paths, components } = structuredClone(CVAT) as {
    paths: Record<string, Record<string, Operation>>;
  } & Document;
  const answer = (template: string, method: string, responses: Operation['responses']) => {
    const operation = paths[template]?.[method];
    if (operation === undefined) throw new Error(`CVAT has no ${method} ${template}.`);
    paths[template] = { [method]: { ...operation, responses } };
  };
  const json = (schema: Schema): Operation['responses'] => ({
    200: { description: '', content: { 'application/vnd.cvat+json': { schema } } },
  });
  answer('/api/auth/social', 'get', json({ $ref: refTo('SocialAuthMethods') }));
  answer('/api/user-agreements', 'get', json({ type: 'array', items: { $ref: refTo('UserAgreement') } }));
  for (const family of ['oidc', 'social'])
    for (const end of ['', 'callback/'])
      answer(`/api/auth/${family}/{id}/login/${end}`, 'get', { 302: { description: '' } });
  return { paths, components };
}

describe('Beside the document of CVAT 2.62', () => {
  const here = () => app.container.document();

  it('has every operation, but for SAML', () => {
    const operations = Object.entries(CVAT.paths).flatMap(([template, item]) =>
      Object.entries(item).map(([method, { operationId }]) => [template, method, operationId]),
    );
    expect(operations).toHaveLength(9);
    for (const [template = '', method = '', operationId] of operations)
      expect([template, here().paths[template]?.[method]?.operationId]).toEqual([template, operationId]);
  });

  it('differs in parameters, bodies and schemas only for known reasons', () => {
    const [theirs, ours] = [factsOf(CVAT), factsOf(here())];
    const places = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
    const found = places
      .map((place) => ({ place, cvat: theirs[place], here: ours[place] }))
      .filter((one) => JSON.stringify(one.cvat) !== JSON.stringify(one.here));
    expect(found.sort(byPlace)).toEqual(Object.values(DIFFERENCES).flat().sort(byPlace));
  });
});

describe('Answers are what the document of CVAT 2.62 promises', () => {
  const check = createAnswerCheck(corrected());
  const accept = (method: 'GET' | 'POST', route: string, answer: Answer, status: number) => {
    expect([route, answer.status]).toEqual([route, status]);
    expect(check(method, route, answer)).toBeUndefined();
  };

  it('of the ways to sign in, the address for an e-mail address, and the agreements', async () => {
    for (const route of [
      '/api/auth/social',
      '/api/auth/sso/login-url/?email=ada@example.org',
      `/api/auth/sso/login-url/?iss=${encodeURIComponent(idp.issuer)}`,
      '/api/user-agreements',
    ])
      accept('GET', route, await app.send(route), 200);
  });

  it.each([
    ['oidc', 'idp'],
    ['social', 'github'],
  ] as const)('of the road to a provider and back: %s', async (family, id) => {
    const begin = `/api/auth/${family}/${id}/login/`;
    const browser = app.browser();
    accept('GET', begin, await browser.send(begin), 302);
    const callback = await comeBackFrom(await beginSignOn(browser, { family, id }));
    accept('GET', callback, await browser.send(callback), 302);
  });

  it.each([
    ['oidc', 'idp'],
    ['social', 'github'],
  ] as const)('of the token that the user interface fetches: %s', async (family, id) => {
    const browser = app.browser();
    const back = await signOn(browser, { family, id, query: { client: 'ui' } });
    const page = new URL(String(back.headers.location));
    const body = Object.fromEntries(page.searchParams);
    const { code = '', ...query } = body;
    const route = `/api/auth/${family}/${id}/login/token/?${new URLSearchParams(query)}`;
    const fields = { code, auth_params: '', process: 'login', scope: '', access_token: '', id_token: '' };
    accept('POST', route, await browser.send(route, { method: 'POST', body: fields }), 200);
  });

  it('as the check can tell: it knows an answer that is not', async () => {
    const answer = await app.send('/api/auth/social');
    const { sso: _, ...without } = answer.json() as Record<string, unknown>;
    expect(check('GET', '/api/auth/social', { ...answer, text: JSON.stringify(without) })).toContain('sso');
  });
});
