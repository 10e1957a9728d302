import type { Database } from '../../platform/db/pool.js';
import { actionRoutes } from './action-routes.js';
import { createInvitationMail, type InvitationMailDeps } from './mails.js';
import { invitationRoutes } from './routes.js';
import { invitationSchemas } from './schemas.js';
import { createInvitationService, type InvitationServiceDeps } from './service.js';

export { RESEND_THROTTLE } from './action-routes.js';
export { copyInvitations, endMemberships, hasPendingInvitation } from './lifecycle-repository.js';

export interface InvitationsDeps extends Omit<InvitationServiceDeps, 'mail'> {
  readonly db: Database;
  /** Null without a mail server. */
  readonly mail: Omit<InvitationMailDeps, 'validDays'> | null;
}

/** Inviting users to organizations. */
export function createInvitations(deps: InvitationsDeps) {
  const { lifetime } = deps;
  const mail = deps.mail && createInvitationMail({ ...deps.mail, validDays: lifetime.days });
  const parts = {
    lifetime,
    release: deps.release,
    schemas: invitationSchemas(deps.release),
    service: createInvitationService({ ...deps, mail }),
  };
  return { routes: [...invitationRoutes(parts), ...actionRoutes(parts)] };
}
