export { createIdentityStore } from './identity-repository.js';
export { userRoutes } from './routes.js';
