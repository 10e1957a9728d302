import type { OpenSession } from '../../authentication/sessions/opened-sessions.js';
import type { Sessions } from '../../authentication/sessions/sessions.js';
import type { Caller } from '../../kernel/account.js';
import { NotAuthenticated } from '../../kernel/errors.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { presentPage } from '../../platform/http/page.js';
import { challengeOf } from '../../platform/http/pipeline.js';
import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import { cutPage } from '../../platform/lists/cut-page.js';
import { parsePage } from '../../platform/lists/pagination.js';
import type { UserService } from '../users/index.js';
import { mayEnd, mayEndOwn, mayView, mayViewOwn } from './access.js';
import { presentSession } from './present.js';
import { OthersQuery, SessionPage } from './schemas.js';
import type { SessionService } from './service.js';

export interface SessionRouteDeps {
  readonly service: SessionService;
  readonly sessions: Pick<Sessions, 'open' | 'revoke'>;
  readonly users: Pick<UserService, 'find'>;
}

const OWN = { path: '/api/auth/sessions', tag: 'auth', view: 'Session List' } as const;

/** @returns the session that the request was made in; undefined with other credentials, even beside a cookie */
const currentOf = async (
  { sessions }: SessionRouteDeps,
  exchange: Exchange,
  caller: Caller | null,
): Promise<OpenSession | undefined> =>
  caller?.credential.kind === 'session' ? sessions.open(exchange) : undefined;

async function pageOf(deps: SessionRouteDeps, userId: number, exchange: Exchange, caller: Caller | null) {
  const page = parsePage(exchange.query);
  const current = await currentOf(deps, exchange, caller);
  return presentPage(exchange, cutPage(await deps.service.list(userId, current?.key), page), presentSession);
}

async function endOne(deps: SessionRouteDeps, userId: number, id: string | undefined, exchange: Exchange) {
  const key = await deps.service.find(userId, id);
  await deps.sessions.revoke(exchange, { key, userId });
  exchange.report('session.revoked', { account: userId });
  return reply(204, null);
}

const listOwn = (deps: SessionRouteDeps) =>
  defineRoute({
    ...OWN,
    method: 'get',
    operationId: 'auth_list_sessions',
    summary: 'List your sessions',
    description:
      'Lists the sessions that you can use now, those used last first; `current` is the one of this request. Of more than 1000, the list has those that were used last. Not in CVAT.',
    access: { kind: 'policy', checks: mayViewOwn },
    isPaged: true,
    responses: { 200: SessionPage },
    handle: async ({ exchange, caller }) =>
      reply(200, await pageOf(deps, requireCaller(caller).account.id, exchange, caller)),
  });

const endOthers = (deps: SessionRouteDeps) =>
  defineRoute({
    ...OWN,
    method: 'delete',
    operationId: 'auth_destroy_other_sessions',
    summary: 'End all your sessions but the one of this request',
    description:
      'Ends your other sessions at once, also those that the list does not show. With a token or a password instead of a session, all your sessions end. Tokens stay. Not in CVAT.',
    access: { kind: 'policy', checks: mayEndOwn },
    query: OthersQuery,
    responses: { 204: null },
    handle: async ({ exchange, caller }) => {
      const { account } = requireCaller(caller);
      const current = await currentOf(deps, exchange, caller);
      if (current === undefined) await deps.service.endAll(account.id);
      else if (!(await deps.service.endOthers(current))) throw new NotAuthenticated(challengeOf('all'));
      exchange.report('session.all_revoked', { account: account.id });
      return reply(204, null);
    },
  });

const endOwn = (deps: SessionRouteDeps) =>
  defineRoute({
    path: '/api/auth/sessions/:session_id',
    tag: 'auth',
    view: 'Session Instance',
    method: 'delete',
    operationId: 'auth_destroy_sessions',
    summary: 'End one of your sessions',
    description: 'Ends the session at once. You can also end the one of this request. Not in CVAT.',
    access: { kind: 'policy', checks: mayEndOwn },
    responses: { 204: null },
    handle: ({ exchange, caller, params }) =>
      endOne(deps, requireCaller(caller).account.id, params['session_id'], exchange),
  });

const ofAccount = (deps: SessionRouteDeps) =>
  ({
    tag: 'users',
    load: (params: Readonly<Record<string, string>>, caller: Caller | null) =>
      deps.users.find(params['id'], requireCaller(caller).organization?.id ?? null),
  }) as const;

const COLLECTION = { path: '/api/users/:id/sessions', view: 'Sessions' } as const;

const listOf = (deps: SessionRouteDeps) =>
  defineRoute({
    ...ofAccount(deps),
    ...COLLECTION,
    method: 'get',
    operationId: 'users_list_sessions',
    summary: 'List the sessions of an account',
    description:
      'Lists the sessions that the account can use now, for administrators. Of more than 1000, the list has those that were used last. Not in CVAT.',
    access: { kind: 'policy', checks: mayView },
    isPaged: true,
    responses: { 200: SessionPage },
    handle: async ({ exchange, caller, object }) =>
      reply(200, await pageOf(deps, object.account.id, exchange, caller)),
  });

const endAllOf = (deps: SessionRouteDeps) =>
  defineRoute({
    ...ofAccount(deps),
    ...COLLECTION,
    method: 'delete',
    operationId: 'users_destroy_all_sessions',
    summary: 'End all sessions of an account',
    description:
      'Ends all sessions of the account at once, also those that the list does not show. Its tokens stay. Not in CVAT.',
    access: { kind: 'policy', checks: mayEnd },
    responses: { 204: null },
    handle: async ({ exchange, object }) => {
      await deps.service.endAll(object.account.id);
      exchange.report('session.all_revoked', { account: object.account.id });
      return reply(204, null);
    },
  });

const endOf = (deps: SessionRouteDeps) =>
  defineRoute({
    ...ofAccount(deps),
    path: '/api/users/:id/sessions/:session_id',
    view: 'Session',
    method: 'delete',
    operationId: 'users_destroy_sessions',
    summary: 'End a session of an account',
    description: 'Ends the session at once, for administrators. Not in CVAT.',
    access: { kind: 'policy', checks: mayEnd },
    responses: { 204: null },
    handle: ({ exchange, object, params }) => endOne(deps, object.account.id, params['session_id'], exchange),
  });

/** The sessions of the caller, and those of an account. Not in CVAT. */
export const sessionRoutes = (deps: SessionRouteDeps) => [
  listOwn(deps),
  endOthers(deps),
  endOwn(deps),
  listOf(deps),
  endAllOf(deps),
  endOf(deps),
];
