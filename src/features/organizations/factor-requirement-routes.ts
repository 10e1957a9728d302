import type { Timestamp } from '../../kernel/timestamp.js';
import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import { mayRequireFactors, mayView } from './access.js';
import type { FactorRequirementService } from './factor-requirement-service.js';
import { loadOrganization } from './routes.js';
import { FactorRequirementRead, FactorRequirementWrite } from './schemas.js';
import type { OrganizationService } from './service.js';

export interface FactorRequirementRouteDeps {
  readonly service: OrganizationService;
  readonly requirements: FactorRequirementService;
}

const common = ({ service }: FactorRequirementRouteDeps) =>
  ({
    path: '/api/organizations/:id/factor_requirement',
    tag: 'organizations',
    view: 'Factor Requirement',
    load: loadOrganization(service),
  }) as const;

const present = (since: Timestamp | null) => ({ required: since !== null, created_date: since });

const retrieve = (deps: FactorRequirementRouteDeps) =>
  defineRoute({
    ...common(deps),
    method: 'get',
    operationId: 'organizations_retrieve_factor_requirement',
    summary: 'See whether members need a second factor',
    description: 'Returns whether the organization requires a second factor of its members. Not in CVAT.',
    access: { kind: 'policy', checks: mayView, filter: 'organizations' },
    responses: { 200: FactorRequirementRead },
    handle: async ({ object }) => reply(200, present(await deps.requirements.get(object.id))),
  });

const update = (deps: FactorRequirementRouteDeps) =>
  defineRoute({
    ...common(deps),
    method: 'patch',
    operationId: 'organizations_partial_update_factor_requirement',
    summary: 'Require a second factor of all members',
    description:
      'Active members without a second factor can then do nothing but set one up, in this organization and outside of it. Their personal access tokens go on. You need a second factor of your own. Not in CVAT.',
    access: { kind: 'policy', checks: mayRequireFactors, filter: 'organizations' },
    needsProof: true,
    body: FactorRequirementWrite,
    responses: { 200: FactorRequirementRead },
    handle: async ({ exchange, object, body, caller }) => {
      const author = requireCaller(caller);
      const { required } = body;
      if (required !== undefined && (await deps.requirements.change(object.id, required, author)))
        exchange.report('organization.factor_requirement_changed', {
          account: author.account.id,
          organization: object.id,
        });
      return reply(200, present(await deps.requirements.get(object.id)));
    },
  });

/** Whether an organization requires a second factor of its members. Not in CVAT. */
export const factorRequirementRoutes = (deps: FactorRequirementRouteDeps) => [retrieve(deps), update(deps)];
