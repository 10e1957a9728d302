import type { Caller } from '../../kernel/account.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { presentPage } from '../../platform/http/page.js';
import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import { mayList, mayUpdate, mayView } from './access.js';
import { presentGrowth } from './present.js';
import type { GrowthData } from './repository.js';
import { GrowthPage, GrowthPatch, GrowthRead } from './schemas.js';
import type { GrowthService } from './service.js';

const present =
  (service: GrowthService, { origin }: Exchange) =>
  (data: GrowthData) =>
    presentGrowth(data, origin.base, service.isResting(data));

const viewerOf = (caller: Caller | null, visible: object | null) => ({
  id: requireCaller(caller).account.id,
  visible,
});

const list = (service: GrowthService) =>
  defineRoute({
    method: 'get',
    path: '/api/growth',
    operationId: 'growth_list',
    summary: 'List growth data',
    description:
      'Lists whether you are asked to give CVAT a star on GitHub. Administrators see this of everybody who was here.',
    tag: 'growth',
    view: 'User Growth Data List',
    access: { kind: 'policy', checks: mayList, filter: 'growth' },
    list: service.listDefinition,
    responses: { 200: GrowthPage },
    handle: async ({ exchange, caller, policyFilter }) => {
      const rows = await service.list(exchange.query, viewerOf(caller, policyFilter));
      return reply(200, presentPage(exchange, rows, present(service, exchange)));
    },
  });

const detail = (service: GrowthService) =>
  ({
    path: '/api/growth/:id',
    tag: 'growth',
    view: 'User Growth Data Instance',
    load: (params: Readonly<Record<string, string>>, caller: Caller | null, visible: object | null) =>
      service.find(params['id'], viewerOf(caller, visible)),
  }) as const;

const retrieve = (service: GrowthService) =>
  defineRoute({
    ...detail(service),
    method: 'get',
    operationId: 'growth_retrieve',
    summary: 'Get growth data',
    description: 'Returns whether a person is asked to give CVAT a star on GitHub.',
    access: { kind: 'policy', checks: mayView, filter: 'growth' },
    responses: { 200: GrowthRead },
    handle: async ({ exchange, object }) => reply(200, present(service, exchange)(object)),
  });

const update = (service: GrowthService) =>
  defineRoute({
    ...detail(service),
    method: 'patch',
    operationId: 'growth_partial_update',
    summary: 'Change growth data',
    description:
      'Notes that the prompt was shown or followed, or whether there may be such prompts. Fields that you leave out stay as they are.',
    access: { kind: 'policy', checks: mayUpdate, filter: 'growth' },
    body: GrowthPatch,
    responses: { 200: GrowthRead },
    handle: async ({ exchange, object, body }) =>
      reply(200, present(service, exchange)(await service.update(object.id, body))),
  });

export const growthRoutes = (service: GrowthService) => [list(service), retrieve(service), update(service)];
