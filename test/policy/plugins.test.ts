import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBundle } from '../../src/authorization/bundle/bundle.js';
import type { PolicyEngine, PolicyPackage, PolicyQuestion } from '../../src/authorization/engines/engine.js';
import { createOpaHttpEngine } from '../../src/authorization/engines/opa-http.js';
import { createEmbeddedEngine } from '../../src/authorization/engines/opa-wasm.js';
import { type OpaServer, opa, RULES, startOpa, withoutOpa } from './opa.js';

/** Plugins of an operator: beside shipped ones and alone, with and without a prefix, one by one more helpful. */
const PLUGINS = {
  'acme.access_token_plugin.users.rego': `package acme.access_token_plugin.users

default allow := false

allow if input.auth.token.id == 500
`,
  'the.other_access_token_plugin.users.rego': `package if.other.access_token_plugin.users

allow := {"allow": input.scope == "list", "reasons": ["lists only"]} if input.scope in {"list", "view"}
`,
  'access_token_plugin.organizations.rego': `package access_token_plugin.organizations

import data.acme.helpers

allow := helpers.is_writing
`,
  'helpers.rego': `package acme.helpers

default is_writing := false

is_writing if not input.auth.token.read_only
`,
};

const question = (base: PolicyPackage, scope: string, token: { id: number; read_only: boolean }) =>
  ({
    package: base,
    rule: 'plugin_allow',
    input: {
      scope,
      auth: { user: { id: 7, privilege: 'admin' }, organization: null, token },
      resource: null,
    },
  }) as const satisfies PolicyQuestion;

const reading = { id: 500, read_only: true };
const writing = { id: 500, read_only: false };
const another = { id: 501, read_only: false };

const CASES: readonly (readonly [PolicyQuestion, unknown])[] = [
  [question('users', 'list', reading), [true, true, { allow: true, reasons: ['lists only'] }]],
  [question('users', 'view', writing), [true, true, { allow: false, reasons: ['lists only'] }]],
  [question('users', 'list', another), [true, false, { allow: true, reasons: ['lists only'] }]],
  [question('users', 'delete', writing), [false, true, null]],
  [question('organizations', 'create', writing), [true]],
  [question('organizations', 'list', reading), [false]],
  [question('access_tokens', 'create', writing), [false]],
  [question('invitations', 'create', reading), []],
];

/** OPA and the embedded engine, both with the bundle of {@link PLUGINS}. */
describe.skipIf(withoutOpa)('the plugins of the operator', () => {
  let folder: string;
  let server: OpaServer;
  const engines = new Map<string, PolicyEngine>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plugins-'));
    const custom = join(folder, 'custom');
    await mkdir(custom);
    for (const [name, text] of Object.entries(PLUGINS)) await writeFile(join(custom, name), text);
    const { bytes, revision } = await createBundle([RULES], [custom]);
    const bundle = join(folder, 'bundle.tar.gz');
    await writeFile(bundle, bytes);
    server = await startOpa('--bundle', bundle);
    const isOurs = (loaded: unknown) => loaded === revision;
    engines.set('OPA', createOpaHttpEngine({ url: server.url, timeoutMs: 20_000, isOurs }));
    engines.set('embedded', await compile(bundle));
  });
  afterAll(async () => {
    for (const engine of engines.values()) await engine.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  async function compile(bundle: string): Promise<PolicyEngine> {
    const built = join(folder, 'built.tar.gz');
    await opa('build', '-t', 'wasm', '--prune-unused', '-O', '0', '-o', built, '--bundle', bundle);
    execFileSync('tar', ['-xzf', built, '/policy.wasm'], { cwd: folder, stdio: 'ignore' });
    const wasm = await readFile(join(folder, 'policy.wasm'));
    const digest = createHash('sha256').update(wasm).digest('hex');
    await writeFile(join(folder, 'policy.json'), JSON.stringify({ revision: 'built', wasm: digest }));
    return createEmbeddedEngine(join(folder, 'policy.wasm'));
  }

  const engine = (name: string): PolicyEngine => {
    const found = engines.get(name);
    if (found === undefined) throw new Error(`There is no engine ${name}.`);
    return found;
  };
  const QUESTIONS = CASES.map(([each]) => each);
  const ANSWERS = CASES.map(([, answer]) => answer);

  it.each(['OPA', 'embedded'])('all answer, and those of other packages do not: %s', async (name) => {
    expect(await engine(name).ask(QUESTIONS)).toEqual(ANSWERS);
  });

  it.each(['OPA', 'embedded'])('answer together as they do one by one: %s', async (name) => {
    const alone: unknown[] = [];
    for (const each of QUESTIONS) alone.push(...(await engine(name).ask([each])));
    expect(alone).toEqual(ANSWERS);
  });

  it('answer as at the addresses where CVAT asks them', async () => {
    const ask = async (path: string, { input }: PolicyQuestion) => {
      const response = await fetch(`${server.url}/v1/data/${path}/allow`, {
        method: 'POST',
        body: JSON.stringify({ input }),
      });
      return ((await response.json()) as { result?: unknown }).result ?? null;
    };
    const paths: Readonly<Record<string, readonly string[]>> = {
      users: [
        'access_token_plugin/users',
        'acme/access_token_plugin/users',
        'if/other/access_token_plugin/users',
      ],
      organizations: ['access_token_plugin/organizations'],
      access_tokens: ['access_token_plugin/access_tokens'],
    };
    for (const [each, answer] of CASES) {
      expect(await Promise.all((paths[each.package] ?? []).map((path) => ask(path, each)))).toEqual(answer);
    }
  });

  it('do not change what the base packages decide and list', async () => {
    const base = QUESTIONS.flatMap((each) => [
      { ...each, rule: 'allow' as const },
      { ...each, rule: 'filter' as const },
    ]);
    const shipped = await createEmbeddedEngine(join(RULES, 'compiled', 'policy.wasm'));
    const expected = await shipped.ask(base);
    expect(await engine('OPA').ask(base)).toEqual(expected);
    expect(await engine('embedded').ask(base)).toEqual(expected);
  });
});
