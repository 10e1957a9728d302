/**
 * The two parts of undici that exchanges with OPA need. The package as a whole brings fetch, WebSocket, caches and mocks,
 * and wakes the second undici inside of Node.js: a tenth of the time of each start, and 3 MB of memory.
 */

declare module 'undici/lib/core/errors.js' {
  import type { errors } from 'undici';

  const all: typeof errors;
  export = all;
}

declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool } from 'undici';

  const pool: typeof Pool;
  export = pool;
}
