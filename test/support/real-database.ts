import { randomUUID } from 'node:crypto';
import pg from 'pg';

/**
 * Creates a database on a server, empty or as a copy of another that nobody is connected to; `drop` removes it whoever
 * is still connected.
 */
export async function createDatabaseOn(
  server: string,
  template?: string,
): Promise<{ url: string; name: string; drop: () => Promise<void> }> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await run(server, `create database ${name}${template === undefined ? '' : ` template ${template}`}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, name, drop: () => run(server, `drop database if exists ${name} with (force)`) };
}

async function run(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
