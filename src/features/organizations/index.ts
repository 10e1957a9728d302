import { factorRequirementRoutes } from './factor-requirement-routes.js';
import { createFactorRequirementService, type FactorRequirementDeps } from './factor-requirement-service.js';
import { createOfferMail, type OfferMailDeps } from './mails.js';
import { organizationRoutes } from './routes.js';
import { createOrganizationService, type OrganizationServiceDeps } from './service.js';
import { transferRoutes } from './transfer-routes.js';
import { createTransferService, type TransferServiceDeps } from './transfer-service.js';

export { findIntegrityProblems } from './integrity-repository.js';
export { copyOrganizations, lockOrganization } from './repository.js';
export { DOCUMENTED_SLUG } from './schemas.js';

export interface OrganizationsDeps
  extends OrganizationServiceDeps,
    Omit<TransferServiceDeps, 'offerMail'>,
    FactorRequirementDeps {
  /** Null without a mail server, and without pages on which an offer could be answered. */
  readonly mail: Omit<OfferMailDeps, 'validDays'> | null;
}

/** Organizations, and transferring them. */
export function createOrganizations(deps: OrganizationsDeps) {
  const service = createOrganizationService(deps);
  const offerMail = deps.mail && createOfferMail({ ...deps.mail, validDays: deps.offerDays });
  const transfers = createTransferService({ ...deps, offerMail });
  return {
    routes: [
      ...organizationRoutes({ service }),
      ...transferRoutes({ service, transfers }),
      ...factorRequirementRoutes({ service, requirements: createFactorRequirementService(deps) }),
    ],
  };
}
