import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';

const app = useTestApp();

const about = (accept?: string, query = '') =>
  app.send(`/api/server/about${query}`, { headers: accept === undefined ? {} : { Accept: accept } });

const CVAT = 'application/vnd.cvat+json';
const NO_MATCH = { detail: 'Could not satisfy the request Accept header.' };
const BAD_VERSION = { detail: 'Invalid version in "Accept" header.' };

describe('the media type of an answer', () => {
  it.each([
    undefined,
    '*/*',
    'application/*',
    CVAT,
    'APPLICATION/VND.CVAT+JSON',
    `${CVAT}; version=2.0`,
    `${CVAT}; version="2.0"`,
    `${CVAT};q=0`,
    `${CVAT};q=0.1, text/html;q=0.9`,
    `text/html, ${CVAT}`,
    'application/json, */*',
    'application/json, text/plain, */*',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    `application/json, ${CVAT}`,
  ])('is CVAT’s own, without parameters, for Accept %j', async (accept) => {
    const answer = await about(accept);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe(CVAT);
  });

  it.each(['application/json', 'application/json; version=2.0', 'application/json;q=0.5, image/png'])(
    'is plain JSON for Accept %j, which CVAT refuses (deviation 6)',
    async (accept) => {
      const answer = await about(accept);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json');
    },
  );

  it('is the same for errors', async () => {
    expect(
      (await app.send('/api/users/self', { headers: { Accept: 'application/json' } })).headers[
        'content-type'
      ],
    ).toBe('application/json');
    expect((await app.send('/api/users/self')).headers['content-type']).toBe(CVAT);
  });
});

describe('an answer 406', () => {
  it.each([
    'image/png',
    '',
    'garbage',
    'text/plain',
    'application/xml',
    'application/vnd.cvat',
    `${CVAT}x`,
    '/',
    ';;;',
  ])('is given to Accept %j, in CVAT’s media type', async (accept) => {
    const answer = await about(accept);
    expect(answer.status).toBe(406);
    expect(answer.json()).toEqual(NO_MATCH);
    expect(answer.headers['content-type']).toBe(CVAT);
    expect(answer.headers.allow).toBe('GET, HEAD, OPTIONS');
  });

  it.each(['9', '1', '1.0', '2.00', '3.0', 'latest'])('is given to version %s', async (version) => {
    for (const accept of [
      `${CVAT}; version=${version}`,
      `*/*; version=${version}`,
      `application/json; version=${version}`,
    ]) {
      const answer = await about(accept);
      expect(answer.status).toBe(406);
      expect(answer.json()).toEqual(BAD_VERSION);
    }
  });

  it.each(['2.0', '2', '0', '.', '.0', '2.'])(
    'is not given to version %s, a part of CVAT’s setting',
    async (version) => {
      expect((await about(`${CVAT}; version=${version}`)).status).toBe(200);
    },
  );

  it('takes the version of the most specific range', async () => {
    expect((await about(`*/*; version=9, ${CVAT}; version=2.0`)).status).toBe(200);
    expect((await about(`*/*, ${CVAT}; version=9`)).status).toBe(406);
  });

  it('comes before 404 of nothing, after 404 of the address', async () => {
    expect((await app.send('/nowhere', { headers: { Accept: 'image/png' } })).status).toBe(404);
  });

  it('comes before 405, 415 and 429', async () => {
    const headers = { Accept: 'image/png', 'Content-Type': 'text/plain' };
    expect((await app.send('/api/auth/login', { method: 'PUT', headers, body: 'x' })).status).toBe(406);
  });
});

describe('?scheme=', () => {
  it.each(['?scheme=json', '?scheme='])('%s changes nothing', async (query) => {
    expect((await about(undefined, query)).headers['content-type']).toBe(CVAT);
  });

  it.each(['yaml', 'xml', 'JSON', '../json'])('%s is not found', async (scheme) => {
    const answer = await about(undefined, `?scheme=${scheme}`);
    expect(answer.status).toBe(404);
    expect(answer.json()).toEqual({ detail: 'Not found.' });
  });

  it('is not ?format=, which means nothing here', async () => {
    expect((await about(undefined, '?format=yaml')).status).toBe(200);
  });
});

describe('the JSON of an answer', () => {
  it('is compact, unless the client asks for indentation', async () => {
    expect((await about()).text).toMatch(/^\{"name":"Computer Vision Annotation Tool","/);
    expect((await about(`${CVAT}; indent=4`)).text).toMatch(
      /^\{\n {4}"name": "Computer Vision Annotation Tool",\n {4}"/,
    );
    expect((await about(`${CVAT}; indent=99`)).text).toMatch(/^\{\n {8}"name"/);
    for (const indent of ['0', '-3', 'x', '1.5', '']) {
      expect((await about(`${CVAT}; indent=${indent}`)).text).toMatch(/^\{"name":"/);
    }
  });

  it('leaves everything but two line separators as it is', async () => {
    const name = 'Zoë </script> \u2028\u2029 \u{1f427} "q" \\';
    const person = await app.register(undefined, { first_name: name });
    const { text } = await app.send('/api/users/self', { headers: person.authorization });
    expect(text).toContain('"first_name":"Zoë </script> \\u2028\\u2029 \u{1f427} \\"q\\" \\\\"');
  });
});

describe('compression', () => {
  const self = async (accept?: string) => {
    const { authorization } = await app.register();
    return app.send('/api/users/self', {
      headers: { ...authorization, ...(accept === undefined ? {} : { 'Accept-Encoding': accept }) },
    });
  };

  it.each(['gzip', 'br, gzip', 'deflate, gzip;q=0.5'])(
    'is applied to long answers for Accept-Encoding %j',
    async (accept) => {
      const { headers } = await self(accept);
      expect(headers['content-encoding']).toBe('gzip');
      expect(headers.vary).toBe('Accept, Accept-Encoding, Origin, Cookie');
    },
  );

  it.each([undefined, 'br', 'identity', 'gzipped'])(
    'is not applied for Accept-Encoding %j, and Vary tells of it',
    async (accept) => {
      const answer = await self(accept);
      expect(answer.headers['content-encoding']).toBeUndefined();
      expect(answer.headers.vary).toBe('Accept, Accept-Encoding, Origin, Cookie');
      expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)));
    },
  );

  it('leaves answers of less than 200 bytes alone', async () => {
    const answer = await app.send('/api/users/self', { headers: { 'Accept-Encoding': 'gzip' } });
    expect(Buffer.byteLength(answer.text)).toBeLessThan(200);
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.headers.vary).toBe('Accept, Origin, Cookie');
  });
});
