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

  const randomToken = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

  /** Without a CSRF token any will do that is in the cookie and in the header (Django, `CsrfViewMiddleware`). */
  const withCsrfToken = async (send) => {
    const known = readCookie('csrftoken');
    const token = known ?? randomToken();
    if (known === undefined) setCookie('csrftoken', token);
    try {
      return await send(token);
    } finally {
      if (known === undefined) deleteCookie('csrftoken');
    }
  };

  /**
   * Ends the session of this page, and not the API token, as `POST /api/auth/logout` does.
   *
   * @throws Error if the session goes on
   */
  const endSession = async () => {
    const list = await fetch('/api/auth/sessions');
    if (list.status === 401) return;
    if (!list.ok) throw new Error(`The session goes on: the server answered ${list.status}.`);
    // The one that was used last is the first.
    const { id } = (await list.json()).results.find(({ current }) => current);
    const answer = await withCsrfToken((token) =>
      fetch(`/api/auth/sessions/${id}`, { method: 'DELETE', headers: { 'X-CSRFToken': token } }),
    );
    if (!answer.ok) throw new Error(`The session goes on: the server answered ${answer.status}.`);
  };

  /** No script can delete a cookie that is HttpOnly, as the one of a session is once the server has renewed it. */
  const forgetCookie = async (name) => {
    if (name === 'sessionid' && readCookie(name) === undefined) await endSession();
    else deleteCookie(name);
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
          logout: (logout, system) => async (names) => {
            for (const name of names) {
              const schema = system.authSelectors.authorized().getIn([name, 'schema']);
              if (schema && isCookie(schema)) await forgetCookie(schema.get('name'));
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
