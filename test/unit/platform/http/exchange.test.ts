import type { Request, Response } from 'express';
import { describe, expect, it } from 'vitest';
import { createExchanges, type Exchange } from '../../../../src/platform/http/exchange.js';
import { createOriginReader } from '../../../../src/platform/http/origin.js';

const exchanges = createExchanges(createOriginReader([]), () => undefined);

const open = (): Exchange => {
  const req = { url: '/api/users?page=2', headers: { host: 'localhost' }, socket: {} };
  return exchanges.open(req as unknown as Request, {} as Response, 'id');
};
const inner = (): Exchange =>
  exchanges.inner(open(), {
    method: 'GET',
    path: '/api/users/self',
    query: new URLSearchParams(),
    body: undefined,
    csrfToken: undefined,
  });

describe('the exchange of a request', () => {
  it.each([
    ['of a client', open],
    ['of this server itself', inner],
  ])(
    '%s has no accessors of its own, with which V8 would keep it until a full collection',
    (_whose, make) => {
      const own = Object.entries(Object.getOwnPropertyDescriptors(make()));
      expect(own.filter(([, { get, set }]) => get !== undefined || set !== undefined)).toEqual([]);
    },
  );

  it.each([
    ['of a client', open],
    ['of this server itself', inner],
  ])('%s is found by its request, which holds it: in a WeakMap, V8 would keep it as well', (_whose, make) => {
    const exchange = make();
    const held = Object.getOwnPropertySymbols(exchange.req).map((key) => Reflect.get(exchange.req, key));
    expect(held).toContain(exchange);
    expect(exchanges.of(exchange.req)).toBe(exchange);
  });
});
