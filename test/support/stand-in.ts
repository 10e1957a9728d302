import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A server that takes the place of a service of the internet, remembers what it was asked, and lies when told to. */

export interface SeenRequest {
  /** The name of the endpoint, or undefined if the service has nothing there. */
  readonly endpoint: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body as a form; empty if it is none. */
  readonly form: URLSearchParams;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What of an honest answer changes. */
export interface Bend {
  readonly status?: number;
  /** Added to the honest ones; a redirect is `{ status: 302, headers: { Location } }`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown;
  /** Milliseconds before the answer. */
  readonly delayMs?: number;
  /** Bytes that the body has at least: spaces fill it up, so that JSON stays JSON. */
  readonly size?: number;
  /** The connection ends in the middle of the body. */
  readonly isCut?: boolean;
}

export interface Endpoint<Name extends string> {
  readonly name: Name;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly answer: (request: SeenRequest) => Reply | Promise<Reply>;
}

export interface StandIn<Name extends string> {
  /** Its address, without a slash at the end. */
  readonly url: string;
  /** What it was asked, the first request first. */
  readonly requests: SeenRequest[];
  /** @returns the requests that an endpoint got */
  readonly asked: (name: Name) => readonly SeenRequest[];
  /** Bends, by the names of endpoints; a function decides for each request. */
  readonly answers: Partial<Record<Name, Bend | ((request: SeenRequest) => Bend)>>;
  /** True to end every connection without an answer. */
  down: boolean;
  /** Milliseconds by which every answer is late. */
  delayMs: number;
  readonly stop: () => Promise<void>;
}

/** `localhost` and `127.0.0.1` are different sites to a browser. */
export type LoopbackHost = 'localhost' | '127.0.0.1';

/**
 * Starts a server on a free port of the loopback interface.
 *
 * @param host how its address names the machine
 * @returns the stand-in, and a function that gives it its endpoints, once it is known at which address they are
 */
export async function startStandIn<Name extends string>(
  host: LoopbackHost,
): Promise<{ readonly standIn: StandIn<Name>; readonly serve: (added: readonly Endpoint<Name>[]) => void }> {
  const endpoints: Endpoint<Name>[] = [];
  const server = createServer((request, response) => {
    void handle(standIn, endpoints, request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const requests: SeenRequest[] = [];
  const standIn: StandIn<Name> = {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    requests,
    asked: (name) => requests.filter(({ endpoint }) => endpoint === name),
    answers: {},
    down: false,
    delayMs: 0,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return { standIn, serve: (added) => void endpoints.push(...added) };
}

async function handle<Name extends string>(
  standIn: StandIn<Name>,
  endpoints: readonly Endpoint<Name>[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  const { pathname, searchParams } = new URL(request.url ?? '/', standIn.url);
  const { method = 'GET', headers } = request;
  const endpoint = endpoints.find((one) => one.path === pathname && one.method === method);
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  const form = new URLSearchParams(isForm ? body : '');
  const seen = { endpoint: endpoint?.name, method, path: pathname, query: searchParams, headers, body, form };
  standIn.requests.push(seen);
  if (standIn.down) {
    request.socket.destroy();
    return;
  }
  const found = endpoint === undefined ? undefined : standIn.answers[endpoint.name];
  const bend: Bend = typeof found === 'function' ? found(seen) : (found ?? {});
  const honest = (await endpoint?.answer(seen)) ?? json({ message: 'Not Found' }, 404);
  // Nobody waits for a late answer once the test is over.
  const lateness = standIn.delayMs + (bend.delayMs ?? 0);
  if (lateness > 0) await delay(lateness, undefined, { ref: false });
  send(response, honest, bend);
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, honest: Reply, bend: Bend): void {
  const { body: bent } = bend;
  const plain =
    bent === undefined ? (honest.body ?? '') : typeof bent === 'string' ? bent : JSON.stringify(bent);
  const body = Buffer.from(plain.padEnd(bend.size ?? 0));
  response.writeHead(bend.status ?? honest.status, {
    ...honest.headers,
    ...bend.headers,
    'Content-Length': String(body.length),
  });
  if (bend.isCut !== true) response.end(body);
  else response.write(body.subarray(0, body.length >> 1), () => response.socket?.destroy());
}

/** @returns an answer in JSON that nobody may keep */
export const json = (body: unknown, status = 200): Reply => ({
  status,
  headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
  body: JSON.stringify(body),
});

/** @returns an answer that sends the browser on */
export const redirect = (location: string): Reply => ({ status: 302, headers: { Location: location } });
