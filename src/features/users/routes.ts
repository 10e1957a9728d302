import { defineRoute, reply, requireCaller, type Unchecked } from '../../platform/http/route.js';
import { presentUser } from './present.js';
import { UserRead } from './schemas.js';

/** What the policy is told of a user: CVAT sends the requester's own role for himself (cvat.md 5.2). */
const selfResource = ({ caller }: Unchecked) => ({
  id: caller.account.id,
  membership: { role: caller.organization?.role ?? null },
});

const retrieveSelf = defineRoute({
  method: 'get',
  path: '/api/users/self',
  operationId: 'users_retrieve_self',
  summary: 'Get details of the current user',
  tag: 'users',
  view: 'Self',
  responses: { 200: UserRead },
  access: {
    kind: 'policy',
    checks: (_object, request) => [{ package: 'users', scope: 'view', resource: selfResource(request) }],
  },
  handle: async ({ caller, exchange }) => reply(200, presentUser(requireCaller(caller).account, exchange.origin.base)),
});

export const userRoutes = [retrieveSelf];
