import autocannon from 'autocannon';
import { quantile } from './bench-server.js';

/** Requests to one server, sent again as soon as they are answered, or at a fixed rate. */
export interface Load {
  /** For an error. */
  readonly name: string;
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the connections send in turn. Default: `url`. */
  readonly requests?: readonly Request[];
  /** Requests a second, over all connections. Default: as many as are answered. */
  readonly rate?: number;
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

export interface Measured {
  /** Answers a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  /** Milliseconds. */
  readonly p99: number;
}

/** @returns how fast the answers came. @throws Error if one is a refusal, or none came */
export async function fire(load: Load): Promise<Measured> {
  const { name, url, connections, seconds, headers, requests, rate } = load;
  const times: number[] = [];
  const bodies = new WeakMap<object, string>();
  let refusal: string | undefined;
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url,
        connections,
        duration: seconds,
        setupClient: (client) => client.on('body', (body: Buffer) => bodies.set(client, body.toString())),
        ...(headers === undefined ? {} : { headers: { ...headers } }),
        ...(requests === undefined ? {} : { requests: requests.map(written) }),
        ...(rate === undefined ? {} : { overallRate: rate }),
      },
      (error: unknown, measured) => (error ? reject(error) : resolve(measured)),
    );
    instance.on('response', (client, status, _bytes, milliseconds) => {
      // The histogram of autocannon counts whole milliseconds.
      times.push(milliseconds);
      if (status >= 300) refusal ??= bodies.get(client);
    });
  });
  if (result.non2xx > 0 || result.errors > 0 || times.length === 0)
    throw new Error(
      `${name}: ${result.errors} errors, and answers ${JSON.stringify(result.statusCodeStats)}: ${refusal}`,
    );
  return { rate: times.length / result.duration, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

const written = ({ method, path, headers, body }: Request): autocannon.Request => ({
  method,
  path,
  headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});
