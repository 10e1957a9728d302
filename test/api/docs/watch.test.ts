import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../../support/http.js';
import { committedDocument } from '../../support/openapi.js';
import { takeProblems } from '../../support/problems.js';
import { watchServer } from '../../support/watch.js';

/** What holds every answer of every test against the document: here a server answers wrongly on purpose. */

const CVAT = 'application/vnd.cvat+json';
const DETAIL = { detail: 'Not found.' };

let server: Server;
let url: string;
let respond: (res: ServerResponse) => void = (res) => res.end();

beforeAll(async () => {
  server = createServer((_req, res) => respond(res));
  watchServer(server, committedDocument);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const json =
  (status: number, body: unknown, type = CVAT) =>
  (res: ServerResponse): void => {
    res.writeHead(status, { 'Content-Type': type }).end(JSON.stringify(body));
  };

async function problemsOf(answer: typeof respond, path: string, method = 'GET'): Promise<readonly string[]> {
  respond = answer;
  await send(url, path, { method });
  return takeProblems();
}

const BASIC = {
  url: 'http://localhost/api/users/2',
  id: 2,
  username: 'maria',
  first_name: '',
  last_name: '',
};

describe('an answer that the document does not have', () => {
  it.each([
    [
      'an unknown status',
      json(418, DETAIL),
      '/api/users',
      'GET',
      'answers 418 (users_list), which is not documented',
    ],
    [
      'an unknown media type',
      json(200, {}, 'text/json'),
      '/api/users/2',
      'GET',
      'as text/json, which is not documented',
    ],
    [
      'a key that is not named',
      json(200, { ...BASIC, password: 'x' }),
      '/api/users/2',
      'GET',
      'not as documented',
    ],
    ['a key that is missing', json(200, { id: 2 }), '/api/users/2', 'GET', 'not as documented'],
    ['a value of a wrong type', json(200, { ...BASIC, id: '2' }), '/api/users/2', 'GET', 'not as documented'],
    [
      'a value of a wrong form',
      json(200, { ...BASIC, url: 'nowhere' }),
      '/api/users/2',
      'GET',
      'not as documented',
    ],
    ['no body', (res: ServerResponse) => res.end(), '/api/users/2', 'GET', 'without a body'],
    ['an error in no shape', json(404, { error: 1 }), '/api/users/2', 'GET', 'not as documented'],
    ['a body where none is', json(204, DETAIL), '/api/users/2', 'PATCH', 'which is not documented'],
    ['an unknown path', json(200, {}), '/api/secrets', 'GET', 'a path that is not documented'],
    ['an unknown method', json(200, BASIC), '/api/users/2', 'PUT', 'a method that is not documented'],
    ['a mistake of the server', json(500, DETAIL), '/api/users/2', 'GET', 'answers 500'],
  ] as const)('is told of: %s', async (_what, answer, path, method, problem) => {
    expect(await problemsOf(answer, path, method)).toEqual([expect.stringContaining(problem)]);
  });

  it('is told of when it is compressed and comes in pieces', async () => {
    const packed = gzipSync(JSON.stringify({ ...BASIC, password: 'x' }));
    const answer = (res: ServerResponse): void => {
      res.setHeader('Content-Type', CVAT);
      res.setHeader('Content-Encoding', 'gzip');
      res.write(packed.subarray(0, 10));
      res.end(packed.subarray(10));
    };
    expect(await problemsOf(answer, '/api/users/2')).toEqual([expect.stringContaining('password')]);
  });
});

describe('an answer that the document has', () => {
  it.each([
    ['the declared body', json(200, BASIC), '/api/users/2', 'GET'],
    ['the same as plain JSON', json(200, BASIC, 'application/json'), '/api/users/2?org=', 'GET'],
    ['HEAD, which has none', json(200, BASIC), '/api/users/2', 'HEAD'],
    ['a declared error', json(404, DETAIL), '/api/users/2', 'GET'],
    ['405 to a method that is not there', json(405, DETAIL), '/api/users/2', 'PUT'],
    ['404 to a path that is not there', json(404, DETAIL), '/api/tasks', 'GET'],
    ['a page beside the API', json(200, {}, 'text/html'), '/api/docs/', 'GET'],
  ] as const)('is no problem: %s', async (_what, answer, path, method) => {
    expect(await problemsOf(answer, path, method)).toEqual([]);
  });
});
