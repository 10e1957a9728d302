import { type KeyRouteDeps, keyRoutes } from './key-routes.js';
import { createKeyService, type KeyServiceDeps } from './key-service.js';
import { createKeySignIn, type KeySignInDeps } from './key-sign-in.js';
import { type FactorRouteDeps, factorRoutes } from './routes.js';
import { createFactorService, type FactorServiceDeps } from './service.js';

export { createFactorCheck, type FactorCheck } from './check.js';
export { createKeyCheck, type KeyCheck } from './key-check.js';

export type FactorsDeps = FactorServiceDeps &
  Omit<FactorRouteDeps, 'service'> &
  KeyServiceDeps &
  KeySignInDeps &
  Omit<KeyRouteDeps, 'keyService' | 'keySignIn'>;

/** Second factors: setting them up, signing in with keys, removing factors, and resetting those of an account. */
export function createFactors(deps: FactorsDeps) {
  const service = createFactorService(deps);
  const keyService = createKeyService(deps);
  const keySignIn = createKeySignIn(deps);
  return {
    service,
    routes: [...factorRoutes({ ...deps, service }), ...keyRoutes({ ...deps, keyService, keySignIn })],
  };
}
