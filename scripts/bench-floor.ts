/**
 * The floor of the benchmark: what any server must pay for the same work. Bare `node:http`, the same SQL statement,
 * the same question to OPA, and the answer as JSON. No routing, no checks, no headers. `/bearer` does what a personal
 * access token needs: another statement, and the question to its plugin in the same call. The paths of
 * lists run the two statements of the list, and ask for the permission and the filter in one call.
 */

import { createServer } from 'node:http';
import { Pool as HttpPool } from 'undici';
import { policyInput } from '../src/authorization/authorizer.js';
import { createIdentityStore } from '../src/features/identities/index.js';
import { listMemberships, membershipList } from '../src/features/memberships/repository.js';
import { listOrganizations, ORGANIZATIONS } from '../src/features/organizations/repository.js';
import { listUsers, USERS } from '../src/features/users/repository.js';
import type { Account, Caller } from '../src/kernel/account.js';
import { cvatReleaseOf, DEFAULT_CVAT_VERSION } from '../src/kernel/cvat-release.js';
import { createDatabase } from '../src/platform/db/database.js';
import { planList } from '../src/platform/lists/list-query.js';

const RELEASE = cvatReleaseOf(DEFAULT_CVAT_VERSION);
const MEMBERSHIPS = membershipList(RELEASE);

const [port = '0', databaseUrl, opaUrl = '', token = '', prefix = ''] = process.argv.slice(2);
const NEVER_STALE = new Date(0);

const db = await createDatabase({
  url: databaseUrl,
  dataDir: '',
  poolSize: 10,
  timeout: 5000,
  applicationName: 'floor',
});
const identities = createIdentityStore(db, () => false);
const opa = new HttpPool(opaUrl, { connections: 32 });

async function ask(path: string, input: object): Promise<unknown> {
  const answer = await opa.request({ method: 'POST', path, body: JSON.stringify({ input }) });
  return ((await answer.body.json()) as { result: unknown }).result;
}

const callerOf = (account: Account): Caller => ({
  account,
  organization: null,
  hasFactor: false,
  mustEnrol: false,
  credential: { kind: 'token' },
});

function questionOf(account: Account) {
  const resource = { id: account.id, membership: { role: null } };
  return policyInput(callerOf(account), null, { scope: 'view', resource });
}

async function byToken(): Promise<{ account: Account; isAllowed: boolean }> {
  const identity = await identities.byToken(token, { kind: 'absent' });
  if (identity === undefined) throw new Error('The benchmark account is gone.');
  const { account } = identity;
  return { account, isAllowed: (await ask('/v1/data/users/allow', questionOf(account))) === true };
}

async function byAccessToken(): Promise<{ account: Account; isAllowed: boolean }> {
  const times = { now: new Date(), notUsedSince: NEVER_STALE };
  const identity = await identities.byAccessTokenPrefix(prefix, { kind: 'absent' }, times);
  if (identity === undefined) throw new Error('The token of the benchmark is gone.');
  const { account, token: used } = identity;
  const input = questionOf(account);
  const auth = { ...input.auth, token: { id: used.id, read_only: used.readOnly } };
  const questions = [
    { package: 'users', rule: 'allow', input },
    { package: 'users', rule: 'plugin_allow', input: { ...input, auth } },
  ];
  const answers = await ask('/v1/data/decisions/answers', { questions });
  return { account, isAllowed: JSON.stringify(answers) === '[true,[true]]' };
}

const EVERYTHING = { kind: 'everything' } as const;

type List = (query: URLSearchParams, visible: unknown) => Promise<unknown>;

/** By their package. */
const LISTS: Readonly<Record<string, List>> = {
  users: (query, visible) => listUsers(db, { plan: planList(USERS, query), visible, scope: EVERYTHING }),
  organizations: (query, visible) => listOrganizations(db, planList(ORGANIZATIONS, query), visible),
  memberships: (query, visible) =>
    listMemberships(db, { plan: planList(MEMBERSHIPS, query), visible, scope: EVERYTHING }),
};

async function byList(name: string, run: List, query: URLSearchParams): Promise<Answer> {
  const identity = await identities.byToken(token, { kind: 'absent' });
  if (identity === undefined) throw new Error('The benchmark account is gone.');
  const input = policyInput(callerOf(identity.account), null, { scope: 'list', resource: null });
  const questions = ['allow', 'filter'].map((rule) => ({ package: name, rule, input }));
  const [isAllowed, visible] = (await ask('/v1/data/decisions/answers', { questions })) as [unknown, unknown];
  return { isAllowed: isAllowed === true, content: await run(query, visible) };
}

interface Answer {
  readonly isAllowed: boolean;
  readonly content: unknown;
}

async function answerTo(target: string): Promise<Answer> {
  const { pathname, searchParams } = new URL(target, 'http://floor');
  const name = pathname.replace('/api/', '');
  const run = LISTS[name];
  if (run !== undefined) return byList(name, run, searchParams);
  const { account, isAllowed } = await (pathname === '/bearer' ? byAccessToken() : byToken());
  return { isAllowed, content: account };
}

createServer(async (req, res) => {
  const { isAllowed, content } = await answerTo(req.url ?? '/');
  const text = JSON.stringify(content);
  res.writeHead(isAllowed ? 200 : 403, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  res.end(text);
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('listening\n'));
