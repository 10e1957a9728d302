import { defineRoute, reply, requireCaller } from '../../platform/http/route.js';
import { mayTransfer, mayView } from './access.js';
import { presentOrganization, presentTransfer } from './present.js';
import { loadOrganization } from './routes.js';
import { OrganizationRead, TransferRead, TransferWrite } from './schemas.js';
import type { OrganizationService } from './service.js';
import type { TransferService } from './transfer-service.js';

export interface TransferRouteDeps {
  readonly service: OrganizationService;
  readonly transfers: TransferService;
}

const TRANSFER = '/api/organizations/:id/transfer';

const retrieve = ({ service, transfers }: TransferRouteDeps) =>
  defineRoute({
    method: 'get',
    path: TRANSFER,
    operationId: 'organizations_retrieve_transfer',
    summary: 'Get the offer of the organization to a member',
    description:
      'Returns the member that the organization is offered to, and when the offer ends. Without an offer, the answer is an error. Not in CVAT.',
    tag: 'organizations',
    view: 'Transfer',
    access: { kind: 'policy', checks: mayView, filter: 'organizations' },
    load: loadOrganization(service),
    responses: { 200: TransferRead },
    handle: async ({ object, exchange }) =>
      reply(200, presentTransfer(await transfers.get(object.id), exchange.origin.base)),
  });

const offer = ({ service, transfers }: TransferRouteDeps) =>
  defineRoute({
    method: 'post',
    path: TRANSFER,
    operationId: 'organizations_transfer',
    summary: 'Offer the organization to another member, who has to confirm',
    description:
      'Offers the organization to a member, who gets a mail if this server sends mails. Nothing changes until that member confirms. A new offer replaces the old one. Not in CVAT.',
    tag: 'organizations',
    view: 'Transfer',
    access: { kind: 'policy', checks: mayTransfer, filter: 'organizations' },
    needsProof: true,
    load: loadOrganization(service),
    body: TransferWrite,
    responses: { 201: TransferRead },
    handle: async ({ object, body, caller, exchange }) => {
      const { account } = requireCaller(caller);
      const transfer = await transfers.offer(object.id, body.user, account);
      return reply(201, presentTransfer(transfer, exchange.origin.base));
    },
  });

const withdraw = ({ service, transfers }: TransferRouteDeps) =>
  defineRoute({
    method: 'delete',
    path: TRANSFER,
    operationId: 'organizations_destroy_transfer',
    summary: 'Withdraw the offer',
    description: 'Withdraws the offer, so that nobody can confirm it any more. Not in CVAT.',
    tag: 'organizations',
    view: 'Transfer',
    access: { kind: 'policy', checks: mayTransfer, filter: 'organizations' },
    load: loadOrganization(service),
    responses: { 204: null },
    handle: async ({ object }) => {
      await transfers.withdraw(object.id);
      return reply(204, null);
    },
  });

/** The policy lets members see the organization; only the member it was offered to finds an offer to confirm. */
const confirm = ({ service, transfers }: TransferRouteDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/organizations/:id/transfer/confirm',
    operationId: 'organizations_confirm_transfer',
    summary: 'Become the owner of an organization that was offered to you',
    description:
      'Accepts an offer that was made to you. You become the owner of the organization. Not in CVAT.',
    tag: 'organizations',
    view: 'Confirm Transfer',
    access: { kind: 'policy', checks: mayView, filter: 'organizations' },
    load: loadOrganization(service),
    responses: { 200: OrganizationRead },
    handle: async ({ object, caller, exchange }) => {
      const { account } = requireCaller(caller);
      const organization = await transfers.confirm(object.id, account.id);
      exchange.report('organization.transferred', { account: account.id, organization: object.id });
      return reply(200, presentOrganization(organization, exchange.origin.base));
    },
  });

const decline = ({ service, transfers }: TransferRouteDeps) =>
  defineRoute({
    method: 'post',
    path: '/api/organizations/:id/transfer/decline',
    operationId: 'organizations_decline_transfer',
    summary: 'Decline an organization that was offered to you',
    description: 'Ends an offer that was made to you. Nothing else changes. Not in CVAT.',
    tag: 'organizations',
    view: 'Decline Transfer',
    access: { kind: 'policy', checks: mayView, filter: 'organizations' },
    load: loadOrganization(service),
    responses: { 204: null },
    handle: async ({ object, caller }) => {
      await transfers.decline(object.id, requireCaller(caller).account.id);
      return reply(204, null);
    },
  });

export const transferRoutes = (deps: TransferRouteDeps) => [
  retrieve(deps),
  offer(deps),
  withdraw(deps),
  confirm(deps),
  decline(deps),
];
