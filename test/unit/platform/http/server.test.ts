import { once } from 'node:events';
import express from 'express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHttpServer } from '../../../../src/platform/http/server.js';

const HEADERS = { 'X-Kept': 'yes' };

const app = express();
app.get('/reason', (_req, res) => void res.writeHead(200, 'Fine', HEADERS).end());
app.get('/headers', (_req, res) => void res.writeHead(200, HEADERS).end());
app.get('/undefined', (_req, res) => void res.writeHead(200, undefined, HEADERS).end());

const server = createHttpServer(app);
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

it.each([
  ['reason', 'Fine'],
  ['headers', 'OK'],
  ['undefined', 'OK'],
])('writeHead called with headers in any of its forms sends them: %s', async (form, reason) => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const response = await fetch(`http://127.0.0.1:${address.port}/${form}`);
  expect([response.statusText, response.headers.get('x-kept')]).toEqual([reason, 'yes']);
});
