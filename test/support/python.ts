import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onPath } from './programs.js';

const run = promisify(execFile);

/** What Python compiled lasts from run to run, and is not beside the sources: the working tree would change. */
const COMPILED = { PYTHONPYCACHEPREFIX: path.resolve('node_modules/.cache/python') };

/** Releases of CVAT's own clients on PyPI, from the oldest to the newest that `CVAT_VERSION` may name. */
export const CLIENT_RELEASES = ['2.62.0', '2.66.0', '2.70.0', '2.74.1', '2.80.0'] as const;
export type ClientRelease = (typeof CLIENT_RELEASES)[number];

/** What CVAT is made of, as far as its accounts go, in the releases that belong together. */
const DJANGO = [
  'django==5.2.19',
  'djangorestframework==3.18.3',
  'django-allauth==64.2.1',
  'psycopg2-binary==2.9.13',
  'bcrypt==5.0.0',
];

/** What serves the accounts of CVAT, in the releases of two of its own: contract/libraries.md, section 0.2. */
const CVAT_SERVERS = {
  '2.62': [
    'django==4.2.30',
    'djangorestframework==3.16.0',
    'dj-rest-auth==5.0.2',
    'django-allauth==0.57.2',
    'django-cors-headers==3.5.0',
  ],
  '2.73': [
    'django==5.2.14',
    'djangorestframework==3.17.1',
    'dj-rest-auth==7.2.0',
    'django-allauth==65.18.0',
    'django-cors-headers==3.5.0',
  ],
} as const;

/** Of CVAT. */
export type CvatRelease = keyof typeof CVAT_SERVERS;

/** Asks whatever the OpenAPI document allows. A seed makes the same requests in these releases only. */
const SCHEMATHESIS = ['schemathesis==4.32.5', 'hypothesis==6.170.17', 'jsonschema-rs==0.60.3'];

/** Installs CVAT's clients, once, in an environment that lasts from run to run. See `install`. */
export const installClients = (release: ClientRelease = '2.62.0'): string | undefined =>
  install(`cvat-clients-${release}`, [`cvat-sdk==${release}`, `cvat-cli==${release}`]);

/** Installs Django, once. See `install`. */
export const installDjango = (): string | undefined => install('django', DJANGO);

/** Installs Django with what CVAT has of it, once. See `install`. */
export const installCvatServer = (release: CvatRelease): string | undefined =>
  install(`cvat-server-${release}`, [...CVAT_SERVERS[release], 'psycopg2-binary==2.9.13', 'bcrypt==5.0.0']);

/** Installs Schemathesis, once. See `install`. */
export const installSchemathesis = (): string | undefined => install('schemathesis', SCHEMATHESIS);

/**
 * @returns the folder of the programs; undefined, after saying so, where Python or PyPI is not to be had
 * @throws Error in that case with REQUIRE_SERVICES=1
 */
function install(name: string, packages: readonly string[]): string | undefined {
  const folder = path.resolve('node_modules/.cache', name);
  const bin = path.join(folder, 'bin');
  const ready = path.join(folder, 'ready');
  if (existsSync(ready)) return bin;
  mkdirSync(path.dirname(folder), { recursive: true });
  const unlock = lock(`${folder}.lock`);
  try {
    // Another file's test may have been here meanwhile.
    if (existsSync(ready)) return bin;
    rmSync(folder, { recursive: true, force: true });
    const python = onPath('python3').find((candidate) => existsSync(candidate)) ?? 'python3';
    execFileSync(python, ['-m', 'venv', folder], { stdio: 'pipe' });
    execFileSync(path.join(bin, 'pip'), ['install', '--quiet', ...packages], {
      stdio: 'pipe',
      timeout: 300_000,
    });
    writeFileSync(ready, packages.join('\n'));
    return bin;
  } catch (error) {
    if (process.env['REQUIRE_SERVICES'] === '1') throw error;
    process.stdout.write(
      `${packages.join(' and ')} could not be installed: the tests with them are skipped.\n`,
    );
    return undefined;
  } finally {
    unlock();
  }
}

/** Milliseconds after which whoever holds a lock must have been killed: more than an installation takes. */
const LONGEST_LOCK = 400_000;

/** Files of tests run at once, and two of them must not install into one folder. @returns what ends the lock */
function lock(folder: string): () => void {
  for (;;) {
    try {
      mkdirSync(folder);
      return () => rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const held = statSync(folder, { throwIfNoEntry: false });
      if (held !== undefined && Date.now() - held.mtimeMs > LONGEST_LOCK)
        rmSync(folder, { recursive: true, force: true });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
}

/**
 * Runs a Python script that prints one JSON document.
 *
 * @param bin of `installClients`
 * @param values what the script finds in `sys.argv`
 */
export async function runPython(bin: string, script: string, values: readonly string[]): Promise<unknown> {
  const { stdout } = await run(path.join(bin, 'python'), ['-c', script, ...values], { timeout: 60_000 });
  return JSON.parse(stdout) as unknown;
}

export interface Ran {
  /** 0 for success. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the unmodified `cvat-cli`.
 *
 * @param bin of `installClients`
 * @param env credentials, which never are arguments; nothing else of this environment gets in
 */
export const runCli = (
  bin: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> => runProgram(path.join(bin, 'cvat-cli'), args, { timeout: 60_000, env });

/**
 * Runs Schemathesis on a server, with the configuration and the hooks of a folder.
 *
 * @param bin of `installSchemathesis`
 * @param cwd where it may leave files
 * @param seed the same one makes the same requests
 * @param env what the hooks read, beside the address of the server
 */
export const runSchemathesis = (
  bin: string,
  url: string,
  {
    cwd,
    hooks,
    seed,
    env,
  }: {
    readonly cwd: string;
    readonly hooks: string;
    readonly seed: string;
    readonly env: Readonly<Record<string, string>>;
  },
): Promise<Ran> =>
  runProgram(
    path.join(bin, 'schemathesis'),
    [
      '--no-color',
      `--config-file=${writeConfiguration(path.join(hooks, 'schemathesis.toml'), cwd)}`,
      'run',
      `${url}/api/schema/?scheme=json`,
      `--url=${url}`,
      `--seed=${seed}`,
    ],
    {
      timeout: 290_000,
      cwd,
      env: {
        ...env,
        SERVER: url,
        SCHEMATHESIS_HOOKS: 'hooks',
        PYTHONPATH: hooks,
        // Its tables of Unicode take two seconds to make. Examples are not kept: see the configuration.
        HYPOTHESIS_STORAGE_DIRECTORY: path.resolve('node_modules/.cache/hypothesis'),
      },
    },
  );

/**
 * Copies the configuration, with SCHEMATHESIS_TIMES as many examples: a few find what a change has broken, and CI looks
 * for more.
 */
function writeConfiguration(file: string, folder: string): string {
  const times = Number(process.env['SCHEMATHESIS_TIMES'] ?? 1);
  const text = readFileSync(file, 'utf8').replace(
    /^max-examples = (\d+)$/gm,
    (_line, count: string) => `max-examples = ${Number(count) * times}`,
  );
  const copy = path.join(folder, 'schemathesis.toml');
  writeFileSync(copy, text);
  return copy;
}

interface ProgramOptions {
  readonly timeout: number;
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
}

async function runProgram(
  program: string,
  args: readonly string[],
  { env, ...options }: ProgramOptions,
): Promise<Ran> {
  const all = { PATH: process.env['PATH'] ?? '', HOME: homedir(), ...COMPILED, ...env };
  try {
    return { code: 0, ...(await run(program, args, { ...options, env: all, maxBuffer: 64 << 20 })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: unknown; stderr?: unknown };
    if (typeof code !== 'number') throw error;
    return { code, stdout: String(stdout), stderr: String(stderr) };
  }
}

const MANAGE = fileURLToPath(new URL('django/manage.py', import.meta.url));

/**
 * Runs a command of Django's on a database.
 *
 * @param bin of `installDjango`
 * @returns what it printed
 */
export async function runDjango(bin: string, url: string, args: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'] ?? '', DATABASE_URL: url, ...COMPILED };
  const { stdout } = await run(path.join(bin, 'python'), [MANAGE, ...args], { timeout: 60_000, env });
  return stdout;
}
