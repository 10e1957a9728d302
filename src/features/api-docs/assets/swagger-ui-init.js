/*
 * Starts Swagger UI on /api/docs. Runs in the browser, as it is.
 *
 * What Swagger UI lacks for this API: it cannot set cookies, so an authorization "in: cookie" becomes a cookie of the
 * page; it knows no prefix of an API key, so a bare API token gets the word that DRF wants; and nobody types a CSRF
 * token that the browser has.
 */
'use strict';

(() => {
  const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

  const readCookie = (name) =>
    document.cookie
      .split('; ')
      .find((pair) => pair.startsWith(`${name}=`))
      ?.slice(name.length + 1);

  const setCookie = (name, value) => {
    document.cookie = `${name}=${value}; Path=/; SameSite=Lax`;
  };

  const deleteCookie = (name) => {
    document.cookie = `${name}=; Path=/; Max-Age=0; SameSite=Lax`;
  };

  const isCookie = (schema) => schema.get('type') === 'apiKey' && schema.get('in') === 'cookie';

  /** Every authorization of the dialog, by the name of its scheme. */
  const prepare = (authorizations) =>
    Object.fromEntries(
      Object.entries(authorizations).map(([name, authorization]) => {
        const { schema, value } = authorization;
        const prefix = schema?.get('x-token-prefix');
        if (schema && isCookie(schema)) setCookie(schema.get('name'), value);
        if (!prefix || typeof value !== 'string' || value.includes(' ')) return [name, authorization];
        return [name, { ...authorization, value: `${prefix} ${value}` }];
      }),
    );

  const Credentials = () => ({
    statePlugins: {
      auth: {
        wrapActions: {
          authorize: (authorize) => (authorizations) => authorize(prepare(authorizations)),
          logout: (logout, system) => (names) => {
            for (const name of names) {
              const schema = system.authSelectors.authorized().getIn([name, 'schema']);
              if (schema && isCookie(schema)) deleteCookie(schema.get('name'));
            }
            return logout(names);
          },
        },
      },
    },
  });

  const addCsrfToken = (request) => {
    const isOwn = new URL(request.url, location.href).origin === location.origin;
    const token = readCookie('csrftoken');
    const headers = request.headers ?? {};
    // A page may not set it, the browser does.
    delete headers.Cookie;
    if (isOwn && token && !SAFE_METHODS.has((request.method ?? 'GET').toUpperCase()) && !headers['X-CSRFToken']) {
      headers['X-CSRFToken'] = token;
    }
    return { ...request, headers };
  };

  window.addEventListener('load', () => {
    window.ui = SwaggerUIBundle({
      url: '/api/schema/?scheme=json',
      dom_id: '#swagger-ui',
      deepLinking: true,
      validatorUrl: null,
      presets: [SwaggerUIBundle.presets.apis],
      plugins: [Credentials],
      // Without the bar on top, which is for documents of other servers.
      layout: 'BaseLayout',
      requestInterceptor: addCsrfToken,
    });
  });
})();
