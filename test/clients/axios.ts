import type { TestApp } from '../support/app.js';
import { type Answer, createBrowser, type RequestOptions } from '../support/http.js';

/** Where CVAT's proxy shows its user interface: requests come from pages of the same origin. */
export interface UiOptions {
  /** The organization that localStorage remembers from the last visit. */
  readonly organization?: string;
}

type Params = Readonly<Record<string, string | number>>;

/** A request that the interceptor of cvat-core leaves as it is (`server-proxy.ts`). */
function isLeftAlone(method: string, path: string, organization: string, params: Params): boolean {
  return (
    'org' in params ||
    (path.endsWith('/users') && organization === '') ||
    path.endsWith('/limits') ||
    (method === 'GET' && path === '/api/invitations') ||
    (method === 'POST' && /\/invitations\/[^/]+\/(accept|decline)$/.test(path)) ||
    /\/\d+$/.test(path)
  );
}

/**
 * CVAT's web interface as far as a server can tell: axios in a browser (cookies, the CSRF cookie as a
 * header, Origin and Referer), and the interceptor that adds `org` to nearly every request.
 */
export function createUi(app: Pick<TestApp, 'url'>, options: UiOptions = {}) {
  const browser = createBrowser(app.url);
  const sent: { readonly method: string; readonly path: string }[] = [];
  let organization = options.organization ?? '';

  const headersOf = (method: string, body: unknown): NonNullable<RequestOptions['headers']> => ({
    Accept: 'application/json, text/plain, */*',
    'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36',
    'Accept-Language': 'en-US,en;q=0.9',
    Referer: `${app.url}/tasks`,
    'Sec-Fetch-Dest': 'empty',
    'Sec-Fetch-Mode': 'cors',
    'Sec-Fetch-Site': 'same-origin',
    // Browsers name the origin of whatever is not GET or HEAD.
    ...(method === 'GET' ? {} : { Origin: app.url }),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
  });

  const request = async (
    method: string,
    path: string,
    { params = {}, body }: { readonly params?: Params; readonly body?: unknown } = {},
  ): Promise<Answer> => {
    const all = isLeftAlone(method, path, organization, params) ? params : { ...params, org: organization };
    const query = new URLSearchParams(
      Object.entries(all).map(([name, value]): [string, string] => [name, String(value)]),
    );
    const url = query.size === 0 ? path : `${path}?${query}`;
    sent.push({ method, path: url });
    const text = body === undefined ? undefined : JSON.stringify(body);
    return browser.send(url, {
      method,
      headers: headersOf(method, body),
      ...(text === undefined ? {} : { body: text }),
    });
  };

  return {
    jar: browser.jar,
    /** Every request so far, as it was sent. */
    sent,
    request,
    get: (path: string, params: Params = {}) => request('GET', path, { params }),
    post: (path: string, body?: unknown, params: Params = {}) => request('POST', path, { params, body }),
    patch: (path: string, body: unknown, params: Params = {}) => request('PATCH', path, { params, body }),
    remove: (path: string, params: Params = {}) => request('DELETE', path, { params }),
    /** What the switch of organizations does before it reloads the page. */
    switchTo: (slug: string): void => {
      organization = slug;
    },
  };
}

export type Ui = ReturnType<typeof createUi>;

/** What the UI shows of an error (cvat-core, `generateError` in `server-proxy.ts`). */
export function messageOf(data: unknown): string {
  if (Array.isArray(data)) return data.map(String).join('\n\n');
  if (typeof data !== 'object' || data === null) return String(data);
  const fields = data as Readonly<Record<string, unknown>>;
  for (const name of ['rq_id', 'non_field_errors', 'detail', 'message']) {
    const value = fields[name];
    if (value !== undefined) return Array.isArray(value) ? value.map(String).join('\n\n') : String(value);
  }
  return Object.entries(fields)
    .map(
      ([name, value]) =>
        `**${name}**: ${Array.isArray(value) ? value.map(String).join(', ') : String(value)}`,
    )
    .join('\n\n');
}
