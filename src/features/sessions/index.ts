import { type SessionRouteDeps, sessionRoutes } from './routes.js';
import { createSessionService, type SessionServiceDeps } from './service.js';

export { createDatabaseIndex } from './database-index.js';
export { createDjangoStore } from './django-store.js';
export { trySharedSessions } from './django-trial.js';

/** The sessions of accounts, for their owners and for administrators. */
export function createSessionLists(deps: SessionServiceDeps & Pick<SessionRouteDeps, 'sessions' | 'users'>) {
  const service = createSessionService(deps);
  return { service, routes: sessionRoutes({ service, sessions: deps.sessions, users: deps.users }) };
}
