import cors from 'cors';
import type { RequestHandler } from 'express';

/** CVAT's `CORS_ALLOW_HEADERS`, in its order. */
const ALLOWED_HEADERS = [
  'accept',
  'accept-encoding',
  'authorization',
  'content-type',
  'dnt',
  'origin',
  'user-agent',
  'x-csrftoken',
  'x-requested-with',
  'upload-offset',
  'upload-length',
  'tus-version',
  'tus-resumable',
  'upload-start',
  'upload-finish',
  'upload-multiple',
  'x-organization',
];

/**
 * The behaviour of django-cors-headers 3.5: it answers every preflight itself, for any path and host. Without allowed
 * origins it adds no header at all; with some it also tells other origins that credentials are allowed, which has no
 * effect.
 *
 * @param origins the origins whose pages may call the API with cookies
 * @param moreHeaders headers that their requests may have, besides those of CVAT
 */
export function createCors(origins: readonly string[], moreHeaders: readonly string[]): RequestHandler {
  const addHeaders = cors({
    origin: (origin, decide) => decide(null, origin !== undefined && origins.includes(origin)),
    credentials: true,
    methods: 'DELETE, GET, OPTIONS, PATCH, POST, PUT',
    allowedHeaders: [...ALLOWED_HEADERS, ...moreHeaders].join(', '),
    maxAge: 86_400,
    preflightContinue: true,
  });

  return (req, res, next) => {
    const isPreflight =
      req.method === 'OPTIONS' && req.headers['access-control-request-method'] !== undefined;
    if (origins.length > 0 && req.headers.origin) res.setHeader('Access-Control-Allow-Credentials', 'true');
    addHeaders(req, res, () => {
      if (!isPreflight) return next();
      res.statusCode = 200;
      res.setHeader('Content-Type', 'text/html; charset=utf-8');
      res.setHeader('Content-Length', 0);
      res.setHeader('Vary', 'Origin');
      res.end();
    });
  };
}
