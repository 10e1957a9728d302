import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { insertMembership, insertOrganization } from '../../support/organization-rows.js';

/**
 * Which organization a request is decided in. A policy engine that says yes to all writes down what it is asked: it
 * stands for Open Policy Agent, whose own answers `test/policy` proves.
 */

interface Question {
  readonly input: { readonly auth: { readonly organization: unknown } };
}

let opa: Server;
let questions: Question[] = [];
let owner: TestAccount;
let member: TestAccount;
let stranger: TestAccount;
let acme: number;
let other: number;

beforeAll(async () => {
  opa = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      questions.push(JSON.parse(Buffer.concat(chunks).toString()) as Question);
      res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"result":true}');
    });
  }).listen(0, '127.0.0.1');
  await once(opa, 'listening');
});
const app = useTestApp(() => ({
  env: { OPA_URL: `http://127.0.0.1:${(opa.address() as AddressInfo).port}` },
}));
beforeAll(async () => {
  [owner, member, stranger] = [await app.register(), await app.register(), await app.register()];
  acme = await insertOrganization(app.db, 'acme', owner.id);
  other = await insertOrganization(app.db, 'Other-1', owner.id);
  await insertMembership(app.db, { organizationId: acme, userId: member.id, role: 'supervisor' });
  await insertMembership(app.db, {
    organizationId: other,
    userId: member.id,
    role: 'maintainer',
    isActive: false,
  });
});
beforeEach(() => {
  questions = [];
});
afterAll(() => {
  opa.closeAllConnections();
  opa.close();
});

const ask = (query: string, header?: string | string[], who = member) =>
  app.send(`/api/server/plugins${query}`, {
    headers: { ...who.authorization, ...(header === undefined ? {} : { 'X-Organization': header }) },
  });
const decidedIn = () => questions.map(({ input }) => input.auth.organization);
const inAcme = (role: string | null) => [{ id: acme, owner: { id: owner.id }, user: { role } }];

const ID_AND_SLUG = [
  'You cannot specify "org_id" query parameter with "org" query parameter or "X-Organization" HTTP header at the same time.',
];
const TWO_SLUGS = [
  'You cannot specify "org" query parameter and "X-Organization" HTTP header with different values.',
];

describe('an organization', () => {
  it.each<readonly [what: string, request: () => readonly [query: string, header?: string]]>([
    ['the query org', () => ['?org=acme']],
    ['the query org_id', () => [`?org_id=${acme}`]],
    ['the query org_id with blanks and a sign', () => [`?org_id=%20%2B${acme}%20`]],
    ['the header', () => ['', 'acme']],
    ['both with the same slug', () => ['?org=acme', 'acme']],
    ['one slug twice', () => ['?org=acme&org=acme']],
    ['an escaped slug', () => ['?org=%61cme']],
  ])('is asked for by %s', async (_what, request) => {
    expect((await ask(...request())).status).toBe(200);
    expect(decidedIn()).toEqual(inAcme('supervisor'));
  });

  it('is decided in with the caller’s role there: owner, member, or none', async () => {
    await ask('?org=acme', undefined, owner);
    await ask('?org=acme', undefined, stranger);
    expect(decidedIn()).toEqual([...inAcme('owner'), ...inAcme(null)]);
  });

  it('counts a membership that is not active as none', async () => {
    await ask('?org=Other-1');
    expect(decidedIn()).toEqual([{ id: other, owner: { id: owner.id }, user: { role: null } }]);
  });

  it.each([
    ['nothing', '', undefined],
    ['an empty slug', '?org=', undefined],
    ['an empty id', '?org_id=', undefined],
    ['an empty header', '', ''],
    ['an empty slug and an empty header', '?org=', ''],
  ])('is none after %s', async (_what, query, header) => {
    expect((await ask(query, header)).status).toBe(200);
    expect(decidedIn()).toEqual([null]);
  });

  it.each(['token', 'Basic', 'session'])('is found for a caller by %s as well', async (way) => {
    if (way === 'session') {
      const browser = app.browser();
      const body = { username: member.username, password: member.password };
      await browser.send('/api/auth/login', { method: 'POST', body });
      await browser.send('/api/server/plugins?org=acme');
    } else {
      const headers = way === 'token' ? member.authorization : member.basic;
      await app.send('/api/server/plugins?org=acme', { headers });
    }
    expect(decidedIn()).toEqual(inAcme('supervisor'));
  });
});

describe('400 is the answer', () => {
  it.each([
    ['an id and a slug', '?org_id=1&org=acme', undefined, ID_AND_SLUG],
    ['an id and a header', '?org_id=1', 'acme', ID_AND_SLUG],
    ['an id and an empty header', '?org_id=1', '', ID_AND_SLUG],
    ['an id and an empty slug', '?org_id=1&org=', undefined, ID_AND_SLUG],
    ['an empty id and a slug', '?org_id=&org=acme', undefined, ID_AND_SLUG],
    ['all three', '?org_id=1&org=acme', 'acme', ID_AND_SLUG],
    ['a slug and another header', '?org=acme', 'Other-1', TWO_SLUGS],
    ['a slug and an empty header', '?org=acme', '', TWO_SLUGS],
    ['an empty slug and a header', '?org=', 'acme', TWO_SLUGS],
    ['slugs that differ in case', '?org=acme', 'Acme', TWO_SLUGS],
    ['two slugs', '?org=acme&org=Other-1', undefined, TWO_SLUGS],
  ])('to %s', async (_what, query, header, body) => {
    const answer = await ask(query, header);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(body);
    expect(questions).toEqual([]);
  });

  it.each(['abc', '1.5', '1e3', '0x1', '1_0', '--1', '1,2', '\u0663', '1%00', 'null', 'true'])(
    'to org_id=%s (deviation 3: CVAT answers 500)',
    async (id) => {
      const answer = await ask(`?org_id=${encodeURI(id).replace('%25', '%')}`);
      expect(answer.status).toBe(400);
      expect(answer.json()).toEqual({ org_id: ['Enter a number.'] });
    },
  );

  it('to two ids that differ', async () => {
    expect((await ask(`?org_id=${acme}&org_id=${other}`)).status).toBe(400);
  });

  it('to two headers that differ', async () => {
    const answer = await ask('', ['acme', 'Other-1']);
    expect([400, 404]).toContain(answer.status);
    expect(questions).toEqual([]);
  });
});

describe('404 is the answer', () => {
  it.each([
    ['nowhere', '?org=nowhere', undefined],
    ['nowhere', '', 'nowhere'],
    ['ACME', '?org=ACME', undefined],
    ['%', '?org=%25', undefined],
    ['acme ', '?org=acme%20', undefined],
    ["' or 1=1", '?org=%27%20or%201=1', undefined],
    ['a\u0000b', '?org=a%00b', undefined],
    ['\ufffd', '?org=%ff', undefined],
    ['0', '?org_id=0', undefined],
    ['-1', '?org_id=-1', undefined],
    ['007777777', '?org_id=007777777', undefined],
    ['99999999999999999999', '?org_id=99999999999999999999', undefined],
    ['-99999999999999999999', '?org_id=-99999999999999999999', undefined],
  ])('to %j, named as it was asked for (%s)', async (name, query, header) => {
    const answer = await ask(query, header);
    expect(answer.status).toBe(404);
    expect(answer.json()).toEqual({ detail: `${name} organization does not exist.` });
    expect(questions).toEqual([]);
  });

  it('to a slug of many thousand letters', async () => {
    expect((await ask(`?org=${'a'.repeat(8000)}`)).status).toBe(404);
  });
});

describe('an organization that does not exist', () => {
  it('is no matter where no policy is asked', async () => {
    expect((await app.send('/api/server/about?org=nowhere')).status).toBe(200);
    expect(
      (await app.send('/api/server/about?org=a&org_id=1', { headers: member.authorization })).status,
    ).toBe(200);
    expect(
      (
        await app.send('/api/server/plugins?org=nowhere', {
          method: 'OPTIONS',
          headers: member.authorization,
        })
      ).status,
    ).toBe(200);
  });

  it('is no matter before 401', async () => {
    expect((await app.send('/api/server/plugins?org=nowhere&org_id=1')).status).toBe(401);
  });
});
