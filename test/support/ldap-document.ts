import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** @returns the blocks of settings below a heading of docs/ldap.md, read as the file `.env` is read */
export function settingsOf(heading: string): readonly Readonly<Record<string, string>>[] {
  const sections = readFileSync('docs/ldap.md', 'utf8').split(/^## /m);
  const section = sections.find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/ldap.md has no section "${heading}".`);
  return [...section.matchAll(/^```dotenv\n(.*?)^```$/gms)].map(([, block = '']) => {
    const settings: Record<string, string> = {};
    for (const [name, value] of Object.entries(parseEnv(block)))
      if (value !== undefined) settings[name] = value;
    return settings;
  });
}
