import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** Where the programs of real services are on this machine; undefined when they are not installed. */

const firstExisting = (paths: readonly string[]): string | undefined =>
  paths.find((candidate) => existsSync(candidate));

export const onPath = (name: string): string[] =>
  (process.env['PATH'] ?? '').split(':').map((folder) => path.join(folder, name));

export const findRedis = (): string | undefined => firstExisting(onPath('redis-server'));
export const findPgbouncer = (): string | undefined =>
  firstExisting([...onPath('pgbouncer'), '/usr/sbin/pgbouncer']);
export const findOpa = (): string | undefined =>
  firstExisting([
    ...(process.env['OPA_BIN'] ? [process.env['OPA_BIN']] : []),
    ...onPath('opa'),
    path.join(homedir(), 'go/bin/opa'),
  ]);

/** @returns the folder of PostgreSQL's programs: the one of POSTGRES_BIN, else of the newest release that is installed */
export function findPostgres(): string | undefined {
  const debian = existsSync('/usr/lib/postgresql')
    ? readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))
    : [];
  const folders = [
    ...(process.env['POSTGRES_BIN'] ? [process.env['POSTGRES_BIN']] : []),
    ...debian.map((release) => `/usr/lib/postgresql/${release}/bin`),
    ...onPath('.'),
  ];
  return folders.find((folder) => existsSync(path.join(folder, 'initdb')));
}

/** @returns the names of the services that tests could not start */
export const missingServices = (): readonly string[] => [
  ...(findPostgres() === undefined ? ['PostgreSQL'] : []),
  ...(findRedis() === undefined ? ['redis-server'] : []),
  ...(findOpa() === undefined ? ['opa'] : []),
];
