import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from './server.js';

/** Each file breaks one rule; the words are of what the check says about it. */
const BIOME: readonly (readonly [file: string, source: string, words: string])[] = [
  ['src/kernel/a.ts', "import '../platform/db/sql.js';", 'kernel is a vocabulary without I/O'],
  ['src/kernel/b.ts', "import 'zod';", 'kernel is a vocabulary without I/O'],
  ['src/platform/db/a.ts', "import '../../features/users/index.js';", 'platform knows no feature'],
  ['src/platform/lists/a.ts', "import '../../authentication/chain.js';", 'platform knows no feature'],
  [
    'src/authentication/passwords/a.ts',
    "import '../../authorization/context.js';",
    'authentication knows who calls',
  ],
  ['src/authentication/b.ts', "import '../features/users/index.js';", 'authentication knows who calls'],
  [
    'src/authorization/engines/a.ts',
    "import '../../authentication/chain.js';",
    'authorization knows whether',
  ],
  ['src/features/users/a.ts', "import '../../container.js';", 'nobody imports them'],
  ['src/features/users/b.ts', "import '../../composition/state.js';", 'nobody imports them'],
  ['src/a.ts', 'export const value = process.env.HOME;', 'noProcessEnv'],
  ['src/b.ts', "console.log('text');", 'noConsole'],
  ['src/c.ts', 'export default 1;', 'noDefaultExport'],
  ['src/d.ts', 'export const length = (text: any) => text;', 'noExplicitAny'],
  ['src/e.ts', 'export const first = (list: string[] | undefined) => list!;', 'noNonNullAssertion'],
  [
    'src/f.ts',
    'const work = async () => 1;\nexport const run = () => {\n  work();\n};',
    'noFloatingPromises',
  ],
  ['src/g.ts', "import { describe } from 'vitest';\nexport const g = describe;", 'noUndeclaredDependencies'],
];

const BOUNDARIES: readonly (readonly [file: string, source: string, words: string])[] = [
  ['src/platform/mail/a.ts', "import '../http/send.js';", 'mail may not use http'],
  ['src/platform/new/a.ts', '', 'src/platform/new has no rules'],
  ['src/features/users/a.ts', "import '../invitations/index.js';", 'users may not use invitations'],
  [
    'src/features/accounts/pages/a.ts',
    "import '../../users/present.js';",
    'users is used through its index.ts',
  ],
  ['src/features/users/repository.ts', "import { z } from 'zod';\nz;", 'repository.ts may not import zod'],
  [
    'src/features/users/api-routes.ts',
    "import './api-repository.js';",
    'api-routes.ts may not import ./api-repository.js',
  ],
  ['src/features/users/service.ts', "import './routes.js';", 'service.ts may not import ./routes.js'],
  ['src/features/users/schemas.ts', "import './service.js';", 'schemas.ts may not import ./service.js'],
  ['src/platform/db/b.ts', "import { Counter } from 'prom-client';\nCounter;", 'prom-client belongs to'],
  ['src/features/users/b.ts', 'new Date();', 'new Date() reads the clock'],
  ['src/features/users/c.ts', 'Date.now();', 'Date.now reads the clock'],
  ['src/authentication/d.ts', 'Math.random();', 'Math.random can be guessed'],
  [
    'src/authentication/e.ts',
    "import { randomBytes } from 'node:crypto';",
    'randomBytes belongs to kernel/random.ts',
  ],
  ['test/api/b.test.ts', "app.db.query({ text: 'select 1' });", 'SQL belongs to test/support'],
  ['src/features/users/f.ts', 'sql`select 1`;', 'SQL belongs to a repository'],
  ['src/features/users/g.ts', "query('delete from auth_user');", 'SQL belongs to a repository'],
  ...['api', 'faults', 'clients'].map(
    (folder) =>
      [
        `test/${folder}/deep/a.test.ts`,
        "import { sql } from '../../../src/platform/db/sql.js';\nsql;",
        'SQL belongs to test/support',
      ] as const,
  ),
];

const TABLES: readonly (readonly [file: string, source: string, words: string])[] = [
  [
    'src/features/accounts/a-repository.ts',
    "sql`update auth_user set email = '' where id = 1`;",
    'auth_user belongs to src/features/users',
  ],
  [
    'src/features/accounts/b-repository.ts',
    'sql`with gone as (delete from organizations_invitation returning key) select key from gone`;',
    'organizations_invitation belongs to src/features/invitations',
  ],
  [
    'src/features/users/c-repository.ts',
    "sql`insert into auth_user_user_permissions values ('', '')`;",
    'auth_user_user_permissions belongs to nobody here',
  ],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a file
  ['src/features/users/d-repository.ts', 'sql`delete from ${table}`;', 'names its table'],
  [
    'src/features/memberships/e-repository.ts',
    'sql`select from organizations_membership m join authtoken_token t on t.user_id = m.user_id`;',
    'src/features/memberships reads authtoken_token',
  ],
  ['scripts/check-tables.mjs', '', 'does not read'],
];

/** Breaks nothing, however close. */
const LAWFUL: Readonly<Record<string, string>> = {
  'src/kernel/clock.ts': 'export const now = () => Date.now();\n',
  'src/platform/config/load.ts': 'export const home = process.env.HOME;\n',
  'src/platform/lists/run.ts': "import { now } from '../../kernel/clock.js';\n\nnow();\n",
  'src/features/users/index.ts':
    'export interface User {\n  readonly id: number;\n}\n\nexport const one: User = { id: 1 };\n',
  'src/features/users/repository.ts':
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a file
    "import type { z } from 'zod';\nimport type { User } from './index.js';\n\nexport const find = (text: z.ZodString): User => sql`select ${text}`;\n",
  'src/features/accounts/pages/page.ts':
    "import { one } from '../../users/index.js';\nimport { find } from '../repository.js';\n\nnew Date(0, one, find, 'select one of these');\n",
  'src/features/accounts/repository.ts': "export { find } from '../users/index.js';\n",
  'src/platform/db/sql.ts': 'export const sql = String.raw;\n',
  'test/support/rows.ts': "import { sql } from '../../src/platform/db/sql.js';\n\nsql`select 1`;\n",
  'test/database/rows.test.ts': "import { sql } from '../../src/platform/db/sql.js';\n\nsql`select 1`;\n",
};

describe('npm run check', () => {
  let project: string;

  beforeEach(() => {
    project = mkdtempSync(path.join(tmpdir(), 'checks-'));
    for (const name of ['biome.json', 'knip.json', 'package.json', 'scripts']) {
      cpSync(path.join(ROOT, name), path.join(project, name), { recursive: true });
    }
    mkdirSync(path.join(project, 'test'));
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(project, 'node_modules'));
  });
  afterEach(() => rmSync(project, { recursive: true, force: true }));

  function write(file: string, source: string): void {
    mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
    writeFileSync(path.join(project, file), source);
  }
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' });
    return { status, output: stdout + stderr };
  };
  const lint = () => run('node_modules/@biomejs/biome/bin/biome', 'lint', '--max-diagnostics=none', 'src');
  const boundaries = () => run('scripts/check-boundaries.mjs');

  it('finds every import and construct that biome.json forbids', { timeout: 60_000 }, () => {
    for (const [file, source] of BIOME) write(file, `${source}\n`);
    const { status, output } = lint();
    expect(status).toBe(1);
    const missed = BIOME.filter(
      ([file, , words]) => !new RegExp(`${file}:[\\s\\S]{0,300}${words}`).test(output),
    );
    expect(missed).toEqual([]);
  });

  it('finds everything that crosses a boundary, and says where and what to do', () => {
    for (const [file, source] of BOUNDARIES) write(file, `${source}\n`);
    const { status, output } = boundaries();
    expect(status).toBe(1);
    const missed = BOUNDARIES.filter(
      ([file, , words]) =>
        !output.split('\n').some((line) => line.startsWith(`${file}:`) && line.includes(words)),
    );
    expect(missed).toEqual([]);
  });

  it('leaves alone what is at home where it stands', { timeout: 60_000 }, () => {
    for (const [file, source] of Object.entries(LAWFUL)) write(file, source);
    expect(boundaries().output).toBe('');
    expect(lint().output).not.toMatch(/noRestrictedImports|noProcessEnv/);
  });

  it('finds everybody who writes to a table of others, or reads one without saying so', () => {
    for (const [file, source] of TABLES) if (source !== '') write(file, `${source}\n`);
    write('migrations/0001.sql', 'create table if not exists auth_nobodys (id integer);\n');
    const { status, output } = run('scripts/check-tables.mjs');
    expect(status).toBe(1);
    const missed = TABLES.filter(
      ([file, , words]) =>
        !output.split('\n').some((line) => line.startsWith(`${file}:`) && line.includes(words)),
    );
    expect(missed).toEqual([]);
    expect(output).toContain('nobody owns auth_nobodys');
  });

  it('finds what is exported for nobody, and files that nobody loads', { timeout: 60_000 }, () => {
    write('src/main.ts', "import { used } from './kernel/h.js';\n\nused();\n");
    write('src/kernel/h.ts', 'export const used = () => 1;\nexport const forNobody = 1;\n');
    write('src/kernel/i.ts', 'export const alone = 1;\n');
    const { status, output } = run(
      'node_modules/knip/bin/knip.js',
      '--no-progress',
      '--include=files,exports',
    );
    expect(status).toBe(1);
    expect(output).toMatch(/forNobody +src\/kernel\/h\.ts/);
    expect(output).toMatch(/^src\/kernel\/i\.ts/m);
    expect(output).not.toMatch(/^used /m);
  });

  it('measures files, functions and assertions', () => {
    const body = Array.from({ length: 70 }, (_, index) => `  use(${index});`).join('\n');
    write('src/long.ts', `export function long(): void {\n${body}\n}\n${'// a line\n'.repeat(300)}`);
    write('src/wide.ts', 'export const wide = (a: 1, b: 2, c: 3, d: 4, e: 5) => [a, b, c, d, e] as never;\n');
    write('src/deep.ts', 'export function deep() {\n  if (1) for (;;) while (1) if (2) return;\n}\n');
    const members = Array.from({ length: 35 }, (_, index) => `  const m${index} = () => {\n  };`).join('\n');
    write('src/factory.ts', `export function factory() {\n${members}\n  return { m0 };\n}\n`);
    const more = members.replaceAll('const m', 'const n');
    write('src/huge.ts', `export function huge() {\n${members}\n${more}\n  return { m0 };\n}\n`);
    write('src/inner.ts', `export const outer = () => {\n  work();\n  return () => {\n${body}\n  };\n};\n`);
    const { status, output } = run('scripts/check-sizes.mjs');
    expect(status).toBe(1);
    expect(output).not.toContain('src/factory.ts');
    for (const place of [
      'src/huge.ts:1 143',
      'src/inner.ts:1 75',
      'src/long.ts 372',
      'src/long.ts:1 72',
      'src/wide.ts:1 5',
      'src/deep.ts:1 4',
      'src/wide.ts:1 [',
    ]) {
      expect(output).toContain(`  ${place}`);
    }
  });
});
