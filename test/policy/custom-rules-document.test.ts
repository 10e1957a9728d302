import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBundle } from '../../src/authorization/bundle/bundle.js';
import type { PolicyEngine, PolicyPackage } from '../../src/authorization/engines/engine.js';
import { createOpaHttpEngine } from '../../src/authorization/engines/opa-http.js';
import { type OpaServer, RULES, startOpa, withoutOpa } from './opa.js';

/** What docs/custom-rules.md shows, in a bundle and asked of a real OPA. */

const DOCUMENT = join(RULES, '..', 'docs', 'custom-rules.md');
const FILES = /^<!-- file: (\S+) -->\n```rego\n([\s\S]*?)^```$/gm;
const INPUT = /^```json\n([\s\S]*?)^```$/m;

describe.skipIf(withoutOpa)('the examples of docs/custom-rules.md', () => {
  let folder: string;
  let server: OpaServer;
  let engine: PolicyEngine;
  let text: string;
  let names: readonly string[];

  beforeAll(async () => {
    text = await readFile(DOCUMENT, 'utf8');
    folder = await mkdtemp(join(tmpdir(), 'document-'));
    const files = [...text.matchAll(FILES)].map(([, name = '', rules = '']) => ({ name, rules }));
    for (const { name, rules } of files) await writeFile(join(folder, name), rules);
    const { bytes, revision, custom } = await createBundle([RULES], [folder]);
    names = custom.map(({ name }) => name);
    const bundle = join(folder, 'bundle.tar.gz');
    await writeFile(bundle, bytes);
    server = await startOpa('--bundle', bundle);
    const isOurs = (loaded: unknown) => loaded === revision;
    engine = createOpaHttpEngine({ url: server.url, timeoutMs: 20_000, isOurs });
  });
  afterAll(async () => {
    await engine.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  /** @returns what each plugin of the package says of the document of the page, with these changes */
  const ask = async (base: PolicyPackage, scope: string, resource: object = {}): Promise<unknown> => {
    const shown = JSON.parse(INPUT.exec(text)?.[1] ?? '');
    const input = { ...shown, scope, resource: { ...shown.resource, ...resource } };
    const [, plugins] = await engine.ask([
      { package: base, rule: 'allow', input },
      { package: base, rule: 'plugin_allow', input },
    ]);
    return plugins;
  };

  it('are all of the Rego on the page, and go into the bundle', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'acme.access_token_plugin.invitations.rego',
        'acme.access_token_plugin.organizations.rego',
        'acme_roles.rego',
      ]),
    );
    expect(names).toHaveLength(text.split('```rego').length - 1);
  });

  it('let no token delete an organization', async () => {
    expect(await ask('organizations', 'delete')).toEqual([false]);
    expect(await ask('organizations', 'update')).toEqual([true]);
  });

  it('let tokens invite workers, and nobody else', async () => {
    expect(await ask('invitations', 'create')).toEqual([true]);
    expect(await ask('invitations', 'create', { role: 'maintainer' })).toEqual([false]);
    expect(await ask('invitations', 'view', { role: 'maintainer' })).toEqual([true]);
  });
});
