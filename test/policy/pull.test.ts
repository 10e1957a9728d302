import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bundle, createBundle } from '../../src/authorization/bundle/bundle.js';
import { allow } from '../../src/authorization/engines/answers.js';
import type { PolicyEngine, PolicyQuestion } from '../../src/authorization/engines/engine.js';
import { createOpaHttpEngine } from '../../src/authorization/engines/opa-http.js';
import { type OpaServer, pulling, RULES, startOpa, waitFor, withoutOpa } from './opa.js';

const QUESTION: PolicyQuestion = {
  package: 'users',
  rule: 'allow',
  input: { scope: 'list', auth: { user: { id: 7, privilege: 'user' }, organization: null }, resource: null },
};

interface Pull {
  readonly url: string | undefined;
  readonly etag: string | undefined;
  readonly status: number;
}

describe.skipIf(withoutOpa)('an OPA that pulls its rules from here', () => {
  let bundle: Bundle;
  let isUp: boolean;
  let pulls: Pull[];
  let source: Server;
  let opa: OpaServer;
  let engine: PolicyEngine;

  beforeEach(async () => {
    bundle = await createBundle([RULES]);
    isUp = false;
    pulls = [];
    source = createServer((request, response) => {
      const etag = request.headers['if-none-match'];
      const status = !isUp ? 503 : etag === bundle.etag ? 304 : 200;
      pulls.push({ url: request.url, etag, status });
      response.writeHead(status, { ETag: bundle.etag, 'Content-Type': 'application/x-tar' });
      response.end(status === 200 ? bundle.bytes : undefined);
    });
    await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve));
    const address = source.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    opa = await startOpa(...pulling(`http://127.0.0.1:${port}`));
    const isOurs = (loaded: unknown) => loaded === bundle.revision;
    engine = createOpaHttpEngine({ url: opa.url, timeoutMs: 5000, isOurs });
  });

  afterEach(async () => {
    await engine.close();
    await opa.close();
    source.closeAllConnections();
    source.close();
  });

  it('permits nothing before its first bundle, then decides, and pulls the same bundle once', async () => {
    await expect(allow(engine, QUESTION)).rejects.toMatchObject({ status: 503, code: 'opa_no_bundle' });
    expect(await engine.ready()).toMatchObject({ ready: false, problem: 'opa_no_bundle' });

    isUp = true;
    await waitFor(async () => (await engine.ready()).ready);
    expect(await allow(engine, QUESTION)).toBe(true);
    expect(await engine.ask([QUESTION, { ...QUESTION, rule: 'filter' }])).toEqual([true, { id: 7 }]);

    await waitFor(async () => pulls.some(({ status }) => status === 304));
    expect(pulls.filter(({ status }) => status === 200)).toEqual([
      { url: '/api/auth/rules', etag: undefined, status: 200 },
    ]);
    expect(pulls.find(({ status }) => status === 304)?.etag).toBe(bundle.etag);
  });

  it('is not ready with the rules of another release', async () => {
    isUp = true;
    await waitFor(async () => (await engine.ready()).ready);
    const newer = createOpaHttpEngine({ url: opa.url, timeoutMs: 5000, isOurs: () => false });
    expect(await newer.ready()).toMatchObject({ ready: false, problem: 'opa_other_bundle' });
    await newer.close();
  });
});
