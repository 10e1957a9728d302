import { Agent, type IncomingMessage, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { HeaderValue, Step } from './grammar.js';

/** An answer as it came, before any mask. */
export interface Reply {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}

export interface Caller {
  /** Sends a step byte for byte, with the cookies of its jar. */
  readonly send: (step: Step) => Promise<Reply>;
  /** What steps took from their answers, by name. */
  readonly captured: ReadonlyMap<string, string>;
}

export interface Connections {
  readonly host: string;
  /** A client without cookies, for one case. */
  readonly caller: () => Caller;
  readonly close: () => void;
}

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
/** Bodies that are no text: the masks call all of them the same. */
const BINARY = '<bin>';

/** @param url of the server; connections are kept alive */
export function connectTo(url: string): Connections {
  const { host, port } = new URL(url);
  const agent = new Agent({ keepAlive: true });
  return {
    host,
    caller: () => createCaller({ host, port, agent }),
    close: () => agent.destroy(),
  };
}

interface Target {
  readonly host: string;
  readonly port: string;
  readonly agent: Agent;
}

type Jar = Map<string, string>;

function createCaller(target: Target): Caller {
  const jars = new Map<string, Jar>();
  const captured = new Map<string, string>();
  const fill = (text: string): string =>
    text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) =>
      name === 'HOST' ? target.host : (captured.get(name) ?? whole),
    );

  const jarOf = (name: string): Jar => {
    const jar = jars.get(name) ?? new Map<string, string>();
    jars.set(name, jar);
    return jar;
  };

  return {
    captured,
    send: async (step) => {
      const jar = step.jar === undefined ? undefined : jarOf(step.jar);
      const body = bodyOf(step, fill);
      const headers = headersOf({ step, jar, body, host: target.host, fill });
      const reply = await exchange(target, { method: step.method, path: fill(step.path), headers, body });
      if (jar !== undefined) remember(jar, reply.headers['set-cookie'] ?? []);
      for (const [name, place] of Object.entries(step.capture ?? {})) {
        const value = valueAt(reply.body, place);
        if (value !== undefined) captured.set(name, value);
      }
      return reply;
    },
  };
}

type Fill = (text: string) => string;

function bodyOf({ body }: Step, fill: Fill): Buffer | undefined {
  if (body === undefined) return undefined;
  return 'text' in body ? Buffer.from(fill(body.text)) : Buffer.from(body.base64, 'base64');
}

interface Parts {
  readonly step: Step;
  readonly jar: Jar | undefined;
  readonly body: Buffer | undefined;
  readonly host: string;
  readonly fill: Fill;
}

/** @returns names and values in turn, which is how Node sends them as they are */
function headersOf({ step, jar, body, host, fill }: Parts): string[] {
  const given = (step.headers ?? []).map(([name, value]) => [name, bytesOf(value, fill)] as const);
  const names = new Set(given.map(([name]) => name.toLowerCase()));
  const csrf = step.csrf === true ? jar?.get('csrftoken') : undefined;
  const headers: (readonly [string, string])[] = [
    ...(names.has('host') ? [] : [['Host', host] as const]),
    ...(step.authorization === undefined ? [] : [['Authorization', fill(step.authorization)] as const]),
    ...(body === undefined || step.noContentType === true || names.has('content-type')
      ? []
      : [['Content-Type', 'application/json'] as const]),
    ...(jar === undefined || jar.size === 0 ? [] : [['Cookie', cookieHeader(jar)] as const]),
    ...(csrf === undefined ? [] : [['X-CSRFToken', csrf] as const]),
    ...given,
    ...(body === undefined && !WRITES.has(step.method)
      ? []
      : [['Content-Length', String(body?.length ?? 0)] as const]),
  ];
  return headers.flat();
}

/** Node writes each character as one byte. */
const bytesOf = (value: HeaderValue, fill: Fill): string =>
  typeof value === 'string' ? Buffer.from(fill(value)).toString('latin1') : value.latin1;

const cookieHeader = (jar: Jar): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');

function remember(jar: Jar, lines: readonly string[]): void {
  for (const line of lines) {
    const [, name = '', value = ''] = line.match(/^([^=]+)=([^;]*)/) ?? [];
    if (/max-age=0(;|$)/i.test(line)) jar.delete(name);
    else jar.set(name, value);
  }
}

function valueAt(body: string, place: readonly (string | number)[]): string | undefined {
  let value: unknown = parsed(body);
  for (const key of place)
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return value === undefined || value === null ? undefined : String(value);
}

/** @returns the value, or undefined when the text is no JSON */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

interface Message {
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
  readonly body: Buffer | undefined;
}

function exchange({ port, agent }: Target, { method, path, headers, body }: Message): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, agent, method, path, headers }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => resolve(replyOf(res, Buffer.concat(chunks))));
    });
    req.on('error', (cause) => reject(new Error(`${method} ${path} was not answered`, { cause })));
    req.end(body);
  });
}

function replyOf(res: IncomingMessage, bytes: Buffer): Reply {
  const headers: Record<string, string[]> = {};
  for (let index = 0; index < res.rawHeaders.length; index += 2) {
    const name = (res.rawHeaders[index] ?? '').toLowerCase();
    headers[name] = [...(headers[name] ?? []), res.rawHeaders[index + 1] ?? ''];
  }
  const packed = headers['content-encoding']?.[0] === 'gzip' && bytes.length > 0;
  return { status: res.statusCode ?? 0, headers, body: textOf(packed ? gunzipSync(bytes) : bytes) };
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return BINARY;
  }
}
