import { HOUR } from '../../kernel/clock.js';
import { accessTokenRoutes } from './routes.js';
import { type AccessTokenDeps, createAccessTokenService } from './service.js';

export { copyTokens, revokeAllTokens, usable } from './repository.js';
export { recordAccessTokenUse, upgradeAccessTokenHash } from './use-repository.js';

export interface AccessTokensDeps extends AccessTokenDeps {
  readonly onPurged: (count: number) => void;
  readonly onPurgeError: (error: unknown) => void;
}

/**
 * Personal access tokens: managing them, and the clean-up that CVAT runs once a week. Here it runs more often, so that
 * it also happens on a server that is restarted every night.
 */
export function createAccessTokens(deps: AccessTokensDeps) {
  const service = createAccessTokenService(deps);
  let timer: NodeJS.Timeout | undefined;

  const runMaintenance = (): Promise<void> => service.purge().then(deps.onPurged, deps.onPurgeError);

  return {
    service,
    routes: accessTokenRoutes(service),
    runMaintenance,
    start: (): void => {
      timer = setInterval(() => void runMaintenance(), HOUR);
      timer.unref();
    },
    stop: (): void => clearInterval(timer),
  };
}
