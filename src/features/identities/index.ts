export { findCandidates } from './candidates-repository.js';
export { createIdentityStore } from './identity-repository.js';
