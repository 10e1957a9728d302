import { readFileSync } from 'node:fs';

/** The release of this server. package.json is next to both src/ and dist/. */
export const SERVER_VERSION: string = readVersion(new URL('../package.json', import.meta.url));

function readVersion(file: URL): string {
  const { version }: { version: string } = JSON.parse(readFileSync(file, 'utf8'));
  return version;
}
