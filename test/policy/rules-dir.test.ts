import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SECOND } from '../../src/kernel/clock.js';
import { StartError } from '../../src/kernel/start-error.js';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import { freePort } from '../support/services.js';
import { type OpaServer, pulling, startOpaOn, withoutOpa } from './opa.js';

const PLUGIN = 'access_token_plugin.organizations.rego';
/** Forgets read-only tokens, and lets no token delete. */
const NO_DELETION = `package access_token_plugin.organizations

default allow := true

allow := false if input.scope == "delete"
`;
const SLOW = { timeout: 20_000, interval: 100 };

/** Replaces a file as a careful operator does. */
async function put(folder: string, name: string, text: string): Promise<void> {
  await writeFile(join(folder, `.${name}`), text);
  await rename(join(folder, `.${name}`), join(folder, name));
}

describe.skipIf(withoutOpa)('a server with RULES_DIR and an OPA that pulls from it', () => {
  let folder: string;
  let app: TestApp;
  let opa: OpaServer;
  let owner: TestAccount;
  /** ETag of the bundle with {@link NO_DELETION}. */
  let good: string | undefined;
  let tokens: { readonly reading: string; readonly writing: string };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rules-dir-'));
    await put(folder, PLUGIN, NO_DELETION);
    const port = await freePort();
    const env = { OPA_URL: `http://127.0.0.1:${port}`, RULES_DIR: folder, RULES_RELOAD_SECONDS: '1' };
    app = await createTestApp({ engines: 'embedded', env });
    opa = await startOpaOn(port, ...pulling(app.url));
    await vi.waitFor(async () => expect((await ready()).status).toBe(200), SLOW);
    good = await servedEtag();
    owner = await app.register();
    tokens = { reading: await token(true), writing: await token(false) };
  });
  afterAll(async () => {
    await app.close();
    await opa.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    await put(folder, PLUGIN, NO_DELETION);
    await vi.waitFor(
      async () => expect([await servedEtag(), await rulesState()]).toEqual([good, 'ok']),
      SLOW,
    );
  });

  const ready = () => app.send('/readyz');
  const rulesState = async () => ((await ready()).json() as { rules: string }).rules;

  async function token(readOnly: boolean): Promise<string> {
    const body = { name: 'a', read_only: readOnly };
    const answer = await app.send('/api/auth/access_tokens', {
      method: 'POST',
      headers: owner.authorization,
      body,
    });
    return (answer.json() as { value: string }).value;
  }

  let counter = 0;
  const create = (headers: Record<string, string>) =>
    app.send('/api/organizations', { method: 'POST', headers, body: { slug: `org${(counter += 1)}` } });
  const bearer = (value: string) => ({ Authorization: `Bearer ${value}` });
  const created = async (): Promise<string> => {
    const answer = await create(owner.authorization);
    return `/api/organizations/${(answer.json() as { id: number }).id}`;
  };
  const remove = async (path: string, headers: Record<string, string>) =>
    (await app.send(path, { method: 'DELETE', headers })).status;
  const servedEtag = async () => (await app.send('/api/auth/rules')).headers['etag'];

  it('asks the plugin after the base package, of tokens only', async () => {
    const path = await created();
    expect((await create(bearer(tokens.writing))).status).toBe(201);
    expect(await remove(path, bearer(tokens.writing))).toBe(403);
    expect(await remove(path, owner.authorization)).toBe(204);
  });

  it('does not let a plugin that forgets read-only tokens make them write', async () => {
    expect((await create(bearer(tokens.reading))).status).toBe(403);
    expect((await app.send('/api/organizations', { headers: bearer(tokens.reading) })).status).toBe(200);
  });

  it('asks OPA once for the decisions, the plugins and the filter of a request', async () => {
    const asked = async (): Promise<number> => {
      const text = await (await fetch(`${opa.url}/metrics`)).text();
      const lines = text.matchAll(/^http_request_duration_seconds_count\{.*method="post"\} (\d+)$/gm);
      return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    const before = await asked();
    const list = await app.send('/api/organizations', { headers: bearer(tokens.writing) });
    expect(list.status).toBe(200);
    expect(await asked()).toBe(before + 1);
  });

  it('answers 503 to tokens where a plugin has no answer, and to nobody else', async () => {
    const text = 'package access_token_plugin.organizations\n\nallow if input.scope != "list"\n';
    await put(folder, PLUGIN, text);
    const list = (headers: Record<string, string>) => app.send('/api/organizations', { headers });
    await expect.poll(async () => (await list(bearer(tokens.writing))).status, SLOW).toBe(503);
    expect((await list(bearer(tokens.writing))).json()).toMatchObject({ code: 'opa_bad_answer' });
    expect((await list(owner.authorization)).status).toBe(200);
    expect((await create(bearer(tokens.writing))).status).toBe(201);
  });

  it('takes an edit over with the next pull of OPA, and stays ready meanwhile', async () => {
    const path = await created();
    await put(folder, PLUGIN, NO_DELETION.replace('"delete"', '"create"'));
    await expect
      .poll(async () => {
        expect((await ready()).status).toBe(200);
        return (await create(bearer(tokens.writing))).status;
      }, SLOW)
      .toBe(403);
    expect(await remove(path, bearer(tokens.writing))).toBe(204);
  });

  it('keeps the last good rules when a file breaks, says so, and takes the mended file', async () => {
    const logged = app.logs.length;
    const path = await created();
    await put(folder, PLUGIN, `${NO_DELETION}\nallow if if {}\n`);
    await expect.poll(rulesState, SLOW).toMatch(/access_token_plugin\.organizations\.rego:\d+: .*last good/);
    expect((await ready()).status).toBe(200);
    expect(await servedEtag()).toBe(good);
    expect(await remove(path, bearer(tokens.writing))).toBe(403);
    expect(app.logs.slice(logged).filter((line) => line.includes('"level":50'))).toEqual([
      expect.stringContaining(PLUGIN),
    ]);

    await put(folder, PLUGIN, NO_DELETION);
    await expect.poll(rulesState, SLOW).toBe('ok');
    expect(app.logs.at(-1) ?? '').not.toContain('"level":50');
  });

  it.each([
    ['the same plugin twice', 'b_access_token_plugin.organizations.rego', NO_DELETION],
    ['a shipped package', 'more.rego', 'package users\n\nallow if true\n'],
    ['half a file', 'half.rego', 'package half\n\nx if {\n'],
  ])('keeps the last good rules when a file is added that is %s', async (_what, name, text) => {
    await put(folder, name, text);
    await expect.poll(rulesState, SLOW).toContain(name);
    expect((await ready()).status).toBe(200);
    expect(await servedEtag()).toBe(good);
    await rm(join(folder, name));
    await expect.poll(rulesState, SLOW).toBe('ok');
  });

  it('serves the last good rules again when OPA cannot compile the newest', async () => {
    const path = await created();
    await put(folder, PLUGIN, `${NO_DELETION}\nallow := unheard(input.scope)\n`);
    await expect.poll(servedEtag, SLOW).not.toBe(good);
    expect((await ready()).status).toBe(200);
    expect(await remove(path, bearer(tokens.writing))).toBe(403);
    await expect.poll(rulesState, SLOW).toContain('not loaded');

    await expect
      .poll(async () => {
        app.clock.advance(60 * SECOND);
        return rulesState();
      }, SLOW)
      .toMatch(/OPA did not load the newest rules .*last good/);
    expect(await servedEtag()).toBe(good);
    expect((await ready()).status).toBe(200);
    expect(await remove(path, bearer(tokens.writing))).toBe(403);
  });

  it('does not start with a file that OPA cannot parse', async () => {
    const another = await mkdtemp(join(tmpdir(), 'rules-dir-'));
    await put(another, 'limits.rego', 'package limits\n\nallow if if {}\n');
    const env = { OPA_URL: opa.url, RULES_DIR: another };
    const start = createTestApp({ engines: 'embedded', env });
    await expect(start).rejects.toThrow(/^limits\.rego:\d+: rego_parse_error: .* Correct the file/);
    await rm(another, { recursive: true });
  });
});

describe('a server with RULES_DIR', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rules-dir-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const start = (env: Readonly<Record<string, string>>) => createTestApp({ engines: 'embedded', env });

  it('does not start on the embedded engine, and says what it needs', async () => {
    await expect(start({ RULES_DIR: folder })).rejects.toThrow(StartError);
    await expect(start({ RULES_DIR: folder })).rejects.toThrow(/RULES_DIR.*OPA_URL/);
  });

  it('does not start with a malformed plugin, which it names, nor without the folder', async () => {
    const OPA_URL = 'http://127.0.0.1:1';
    await expect(start({ OPA_URL, RULES_DIR: join(folder, 'nothing') })).rejects.toThrow(/nothing/);
    await put(folder, PLUGIN, 'package organizations_plugin\n');
    await expect(start({ OPA_URL, RULES_DIR: folder })).rejects.toThrow(PLUGIN);
  });

  it('does not start with the same plugin twice, and names both files', async () => {
    const OPA_URL = 'http://127.0.0.1:1';
    await put(folder, PLUGIN, NO_DELETION);
    await put(folder, 'b_access_token_plugin.organizations.rego', NO_DELETION);
    const failure = await start({ OPA_URL, RULES_DIR: folder }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StartError);
    expect(String(failure)).toContain(PLUGIN);
    expect(String(failure)).toContain('b_access_token_plugin.organizations.rego');
    await rm(join(folder, 'b_access_token_plugin.organizations.rego'));
  });

  it('starts without an OPA, which may come later, and is not ready', async () => {
    await put(folder, PLUGIN, NO_DELETION);
    const app = await start({ OPA_URL: 'http://127.0.0.1:1', RULES_DIR: folder });
    expect((await app.send('/readyz')).json()).toMatchObject({
      policy: expect.stringContaining('opa_unreachable'),
    });
    expect((await app.send('/api/auth/rules')).status).toBe(200);
    await app.close();
  });
});
