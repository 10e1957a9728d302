/** Django's error pages with DEBUG off, byte for byte (`django.views.defaults`). */
const page = (title: string, text: string): string =>
  `\n<!doctype html>\n<html lang="en">\n<head>\n  <title>${title}</title>\n</head>\n<body>\n  <h1>${title}</h1><p>${text}</p>\n</body>\n</html>\n`;

export const NOT_FOUND_PAGE = page('Not Found', 'The requested resource was not found on this server.');
export const SERVER_ERROR_PAGE = page('Server Error (500)', '');
export const BAD_REQUEST_PAGE = page('Bad Request (400)', '');

/** Django's page for a plain view; it explains the reason in less detail than Django. */
export const CSRF_FAILED_PAGE = page('403 Forbidden', 'CSRF verification failed. Request aborted.');
