import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { OpenApiDocument } from '../../src/platform/openapi/types.js';
import { createAnswerCheck, type Seen, undocumented } from './openapi.js';
import { addProblem } from './problems.js';

/**
 * Every answer of every server of a test run is held against the OpenAPI document: `setup.ts` fails the test in which
 * one was not as the document says.
 */

/** @param document of the server itself: settings take operations away, and the committed one has all */
export function watchServer(server: Server, document: () => OpenApiDocument): void {
  let checkOwn: ReturnType<typeof createAnswerCheck> | undefined;
  server.prependListener('request', (req: IncomingMessage, res: ServerResponse) => {
    const { method = '' } = req;
    const url = (req.url ?? '').replace(/^https?:\/\/[^/?]*\/?/i, '/');
    collectBody(res, (text) => {
      const answer = { status: res.statusCode, headers: headersOf(res), text };
      if (undocumented(method, url, answer) === undefined) return;
      checkOwn ??= createAnswerCheck(document());
      const problem = checkOwn(method, url, answer);
      if (problem !== undefined) addProblem(problem);
    });
  });
}

/** For servers in processes of their own, which nobody watches from the inside. */
export function checkAnswer(method: string, url: string, answer: Seen): void {
  const problem = undocumented(method, url, answer);
  if (problem !== undefined) addProblem(problem);
}

/** Calls back with the whole body before its last byte leaves, so that a client never knows it earlier. */
function collectBody(res: ServerResponse, onBody: (text: string) => void): void {
  const chunks: Buffer[] = [];
  const keep = (chunk: unknown): void => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  const { writeHead, write, end } = res;
  // Headers that are written at once are nowhere to be asked for afterwards.
  res.writeHead = ((...args: unknown[]) => {
    const given = args.at(-1);
    if (typeof given === 'object' && given !== null && !Array.isArray(given))
      for (const [name, value] of Object.entries(given)) res.setHeader(name, value as string);
    return Reflect.apply(writeHead, res, args) as ServerResponse;
  }) as typeof writeHead;
  res.write = ((...args: unknown[]) => {
    keep(args[0]);
    return Reflect.apply(write, res, args) as boolean;
  }) as typeof write;
  res.end = ((...args: unknown[]) => {
    keep(args[0]);
    onBody(textOf(res, Buffer.concat(chunks)));
    return Reflect.apply(end, res, args) as ServerResponse;
  }) as typeof end;
}

const textOf = (res: ServerResponse, bytes: Buffer): string =>
  (res.getHeader('content-encoding') === 'gzip' && bytes.length > 0 ? gunzipSync(bytes) : bytes).toString();

const headersOf = (res: ServerResponse): Seen['headers'] =>
  Object.fromEntries(
    Object.entries(res.getHeaders()).map(([name, value]) => [
      name,
      Array.isArray(value) ? value : value === undefined ? value : String(value),
    ]),
  ) as Seen['headers'];
