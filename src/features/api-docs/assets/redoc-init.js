/* Starts ReDoc on /api/redoc. Its search runs in a worker made of a blob, which the page's policy does not allow. */
'use strict';

Redoc.init(
  '/api/schema/?scheme=json',
  {
    disableSearch: true,
    theme: {
      typography: {
        fontFamily: 'system-ui, sans-serif',
        headings: { fontFamily: 'system-ui, sans-serif' },
        code: { fontFamily: 'ui-monospace, monospace' },
      },
    },
  },
  document.getElementById('redoc'),
);
