export { createForwardAuth, FORWARD_PATH } from './handler.js';
