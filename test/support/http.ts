import { type Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { LookupFunction } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly setCookies: readonly string[];
  readonly text: string;
  /** The body as JSON. @throws SyntaxError when it is not */
  readonly json: () => unknown;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** An object is sent as JSON; text and bytes as they are. */
  readonly body?: unknown;
  /** Address to connect from, such as `127.0.0.2`. */
  readonly from?: string;
  /** Keeps connections for later requests. Default: each request has a connection of its own. */
  readonly agent?: Agent;
}

/** What `localhost` is: asking the system costs as much as half of a small request, each time. */
const findHere: LookupFunction = (_name, { all }, callback) => {
  if (all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

/** One request, with full control over headers; redirects are not followed. */
export function send(
  base: string,
  path: string,
  { method = 'GET', headers = {}, body, from, agent }: RequestOptions = {},
): Promise<Answer> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const payload = body === undefined ? undefined : isRaw ? body : JSON.stringify(body);
  const sent: Record<string, string | string[]> = {
    ...(payload === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(payload)) }),
    ...(payload === undefined || isRaw ? {} : { 'Content-Type': 'application/json' }),
    ...headers,
  };
  const { hostname, port } = new URL(base);
  const source = from === undefined ? {} : { localAddress: from };
  const found = hostname === 'localhost' ? { lookup: findHere } : {};
  return new Promise((resolve, reject) => {
    const req = httpRequest(
      { hostname, port, path, method, headers: sent, agent: agent ?? false, ...source, ...found },
      (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers,
            setCookies: res.headers['set-cookie'] ?? [],
            text,
            json: () => JSON.parse(text) as unknown,
          });
        });
      },
    );
    req.on('error', reject);
    req.end(payload);
  });
}

/** @returns how many answers there are of each status, `{ 201: 5, 400: 55 }`: a claim about each of many at once */
export function tallyOf(answers: readonly Pick<Answer, 'status'>[]): Readonly<Record<number, number>> {
  const tally: Record<number, number> = {};
  for (const { status } of answers) tally[status] = (tally[status] ?? 0) + 1;
  return tally;
}

/** @returns the value that an answer sets a cookie to, or undefined; the deletion form has the value `""` */
export const cookieOf = ({ setCookies }: Pick<Answer, 'setCookies'>, name: string): string | undefined =>
  setCookies.find((line) => line.startsWith(`${name}=`))?.match(/^[^=]+=([^;]*)/)?.[1];

/**
 * A browser's jar for one server: keeps cookies, forgets the deleted, and adds the CSRF header.
 *
 * @param jar of another browser, for two servers under one name
 * @param agent see `send`
 */
export function createBrowser(base: string, jar = new Map<string, string>(), agent?: Agent) {
  const remember = (lines: readonly string[]): void => {
    for (const line of lines) {
      const [, name = '', value = ''] = line.match(/^([^=]+)=([^;]*)/) ?? [];
      if (/Max-Age=0(;|$)/.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
  };
  return {
    jar,
    cookieHeader: () => [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
    send: async (path: string, options: RequestOptions = {}): Promise<Answer> => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const csrf = jar.get('csrftoken');
      const answer = await send(base, path, {
        ...(agent === undefined ? {} : { agent }),
        ...options,
        headers: {
          ...(cookie === '' ? {} : { Cookie: cookie }),
          ...(csrf === undefined ? {} : { 'X-CSRFToken': csrf }),
          ...options.headers,
        },
      });
      remember(answer.setCookies);
      return answer;
    },
  };
}

export type Browser = ReturnType<typeof createBrowser>;

export const basicAuth = (login: string, password: string): string =>
  `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`;

/** @returns whole seconds until the moment in `Retry-After` of an answer; NaN if it is none. @param now of the server */
export const secondsUntilRetry = ({ headers }: Pick<Answer, 'headers'>, now: number): number => {
  const moment = String(headers['retry-after']);
  return moment.endsWith(' GMT') ? Math.floor((Date.parse(moment) - now) / 1000) : Number.NaN;
};
