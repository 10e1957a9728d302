import { type FactorRouteDeps, factorRoutes } from './routes.js';
import { createFactorService, type FactorServiceDeps } from './service.js';

export { createFactorCheck, type FactorCheck } from './check.js';

/** Second factors: setting them up, removing them, and resetting those of an account. */
export function createFactors(deps: FactorServiceDeps & Omit<FactorRouteDeps, 'service'>) {
  const service = createFactorService(deps);
  return { service, routes: factorRoutes({ ...deps, service }) };
}
