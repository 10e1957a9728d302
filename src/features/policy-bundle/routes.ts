import type { Bundle } from '../../authorization/bundle/bundle.js';
import { defineRoute } from '../../platform/http/route.js';

/**
 * `GET /api/auth/rules`: the bundle that Open Policy Agent pulls. It needs neither credentials nor a database, so that
 * OPA has its rules before everything else is up.
 */
export const bundleRoutes = (bundle: () => Bundle) => [
  defineRoute({
    method: 'get',
    path: '/api/auth/rules',
    operationId: 'auth_retrieve_rules',
    summary: 'Get the rules of Open Policy Agent as a bundle',
    description:
      'Returns the archive that Open Policy Agent loads. Send the `ETag` of your copy as `If-None-Match`: the answer is 304 while the rules are the same.',
    tag: 'auth',
    view: 'Rules',
    accepted: 'none',
    access: { kind: 'public', because: 'OPA has no credentials, and the rules contain no secrets' },
    responses: { 200: null, 304: null },
    handle: async ({ exchange }) => {
      const { bytes, etag } = bundle();
      const headers = { ETag: etag, 'Cache-Control': 'no-cache' };
      const known =
        exchange.req.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
      return known.includes(etag) || known.includes('*')
        ? { status: 304, type: 'application/x-tar', raw: '', headers }
        : { status: 200, type: 'application/x-tar', raw: bytes, headers };
    },
  }),
];
