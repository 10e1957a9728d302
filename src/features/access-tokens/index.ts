import { setInterval } from 'node:timers';
import { DAY } from '../../kernel/clock.js';
import { accessTokenRoutes } from './routes.js';
import { type AccessTokenDeps, createAccessTokenService } from './service.js';

export interface AccessTokensDeps extends AccessTokenDeps {
  readonly onPurged: (count: number) => void;
  readonly onPurgeError: (error: unknown) => void;
}

/** Personal access tokens: managing them, and the clean-up that CVAT runs once a week. */
export function createAccessTokens(deps: AccessTokensDeps) {
  const service = createAccessTokenService(deps);
  let timer: NodeJS.Timeout | undefined;

  const runMaintenance = (): Promise<void> => service.purge().then(deps.onPurged, deps.onPurgeError);

  return {
    service,
    routes: accessTokenRoutes(service),
    runMaintenance,
    start: (): void => {
      timer = setInterval(() => void runMaintenance(), DAY);
      timer.unref();
    },
    stop: (): void => clearInterval(timer),
  };
}
