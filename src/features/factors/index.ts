import { type FactorRouteDeps, factorRoutes } from './routes.js';
import { createFactorService, type FactorServiceDeps } from './service.js';

export { createFactorCheck, type FactorCheck } from './check.js';

/** Second factors: setting them up, removing them, and resetting those of an account. */
export const createFactors = (deps: FactorServiceDeps & Omit<FactorRouteDeps, 'service'>) =>
  factorRoutes({ ...deps, service: createFactorService(deps) });
