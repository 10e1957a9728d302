import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip as gunzipCallback, gzip as gzipCallback } from 'node:zlib';
import type { DescribedRoute, OpenApiDocument } from '../../platform/openapi/types.js';
import { writeYaml } from '../../platform/values/yaml.js';
import { renderJsonDocument, type SchemaRenderer } from './schema-renderers.js';

const [gzip, gunzip] = [promisify(gzipCallback), promisify(gunzipCallback)];

/** In dist/, where the build writes it. src/ has none. */
const FOLDER = new URL('documents/', import.meta.url);

type Format = SchemaRenderer['format'];

const RENDER: Readonly<Record<Format, (document: OpenApiDocument) => string>> = {
  yaml: writeYaml,
  json: renderJsonDocument,
};

/** What tells the documents of one build apart. A test changes every setting, and compares. */
export interface Described {
  readonly routes: readonly DescribedRoute[];
  readonly version: string;
  readonly isPublic: boolean;
  /** The least length of a user name, in code points. */
  readonly minimumUsername: number;
}

/**
 * The texts of the OpenAPI document. To write them takes half a second of the processor, in which no request is
 * answered, so the build writes them for the usual settings. A server with others, or one that runs from src/, writes
 * its own on first use.
 */
export function createBuiltDocument(described: Described, document: () => OpenApiDocument) {
  const name = nameOf(described);
  const texts = new Map<Format, string>();
  const fileOf = (format: Format): URL => new URL(`${name}.${format}.gz`, FOLDER);
  return {
    name,

    /** @returns the text that the build wrote, otherwise a new one */
    textOf: async (format: Format): Promise<string> => {
      const text = texts.get(format) ?? (await readText(fileOf(format))) ?? RENDER[format](document());
      texts.set(format, text);
      return text;
    },

    /** Writes the texts in all formats, for the servers that start from this build. */
    write: async (): Promise<void> => {
      await mkdir(FOLDER, { recursive: true });
      for (const [format, render] of Object.entries(RENDER))
        await writeFile(fileOf(format as Format), await gzip(render(document()), { level: 9 }));
    },
  };
}

function nameOf({ routes, version, isPublic, minimumUsername }: Described): string {
  const operations = routes
    .filter(({ documented }) => documented !== false)
    .map(({ operationId }) => operationId);
  return createHash('sha256')
    .update(JSON.stringify([version, isPublic, minimumUsername, operations]))
    .digest('hex')
    .slice(0, 16);
}

async function readText(file: URL): Promise<string | undefined> {
  try {
    return (await gunzip(await readFile(file))).toString();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
