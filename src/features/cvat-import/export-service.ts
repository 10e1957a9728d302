import { type FileHandle, open, unlink } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { StartError } from '../../kernel/start-error.js';
import type { Database } from '../../platform/db/pool.js';
import { stringifyJson } from '../../platform/values/json.js';
import { type Item, KINDS, type Kind, NAMES, type Rows } from './rows.js';
import { countBoundTokens, readDatabase } from './source-repository.js';

/** Only the owner may read a file that opens every account. */
const OWNER_ONLY = 0o600;
/** Characters written at once. */
const CHUNK = 65_536;

export interface ExportOptions {
  readonly source: Database;
  /** Path of a new file; compressed if the name ends in `.gz`. */
  readonly path: string;
  /** Django's name for the user model. Newer releases of CVAT use `iam.user`. */
  readonly userModel: 'auth.user' | 'iam.user';
}

export interface ExportReport {
  readonly path: string;
  readonly counts: Readonly<Record<Kind, { readonly name: string; readonly exported: number }>>;
  /** Personal access tokens bound to one organization, which CVAT cannot represent. */
  readonly boundTokensLeftOut: number;
}

/**
 * Writes the output of Django's `dumpdata --natural-foreign` as of one point in time: CVAT's `loaddata` and our
 * `import cvat` can read it. Groups have no ids, because their ids differ between CVATs.
 *
 * @throws StartError if the file already exists or cannot be written; no partial file is left
 */
export async function exportCvat(options: ExportOptions): Promise<ExportReport> {
  const counts = Object.fromEntries(
    KINDS.map((kind) => [kind, { name: NAMES[kind], exported: 0 }]),
  ) as Record<Kind, { name: string; exported: number }>;
  const file = await createFile(options.path);
  let boundTokensLeftOut = 0;
  try {
    await options.source.transaction(
      async (tx) => {
        const count = (kind: Kind) => {
          counts[kind].exported += 1;
        };
        boundTokensLeftOut = await countBoundTokens(tx);
        const text = Readable.from(writeObjects(readDatabase(tx), options.userModel, count));
        const target = file.createWriteStream();
        await (options.path.endsWith('.gz') ? pipeline(text, createGzip(), target) : pipeline(text, target));
      },
      { isolation: 'repeatable read', statementTimeout: 0, attempts: 1 },
    );
  } catch (error) {
    await file.close().catch(() => undefined);
    await unlink(options.path);
    throw error;
  }
  return { path: options.path, counts, boundTokensLeftOut };
}

async function createFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', OWNER_ONLY);
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    throw new StartError(
      isThere
        ? `The file ${path} already exists: remove it or choose another name.`
        : `The file ${path} can't be written: correct the path or the permissions of its folder.`,
      { cause },
    );
  }
}

async function* writeObjects(
  items: AsyncIterable<Item>,
  userModel: ExportOptions['userModel'],
  onObject: (kind: Kind) => void,
): AsyncGenerator<string> {
  let text = '[';
  let separator = '\n';
  for await (const item of items) {
    text += separator + stringifyJson(objectOf(item, userModel));
    separator = ',\n';
    onObject(item.kind);
    if (text.length < CHUNK) continue;
    yield text;
    text = '';
  }
  yield `${text}\n]\n`;
}

interface Owned {
  readonly user_id: number | null;
  readonly user_name: string | null;
}

const natural = ({ user_name: name }: Owned) => (name === null ? null : [name]);

/** The fields in the order of Django's models. */
function objectOf(item: Item, userModel: ExportOptions['userModel']): object {
  switch (item.kind) {
    case 'site': {
      const { pk, domain, name } = item.row;
      return { model: 'sites.site', pk, fields: { domain, name } };
    }
    case 'group':
      return { model: 'auth.group', fields: { name: item.row.name, permissions: [] } };
    case 'user':
      return { model: userModel, pk: item.row.pk, fields: userFields(item.row) };
    case 'email': {
      const { pk, email, verified, primary } = item.row;
      const fields = { user: natural(item.row), email, verified, primary };
      return { model: 'account.emailaddress', pk, fields };
    }
    case 'token': {
      const { key, created } = item.row;
      return { model: 'authtoken.token', pk: key, fields: { user: natural(item.row), created } };
    }
    case 'access_token': {
      const { pk, user_id, user_name, ...fields } = item.row;
      const owner = natural({ user_id, user_name });
      return { model: 'access_tokens.accesstoken', pk, fields: { ...fields, owner } };
    }
    case 'organization': {
      const { pk, user_id, user_name, ...fields } = item.row;
      const owner = natural({ user_id, user_name });
      return { model: 'organizations.organization', pk, fields: { ...fields, owner } };
    }
    case 'membership': {
      const { pk, organization_id: organization, is_active, joined_date, role } = item.row;
      const fields = { user: natural(item.row), organization, is_active, joined_date, role };
      return { model: 'organizations.membership', pk, fields };
    }
    case 'invitation': {
      const { key, created_date, sent_date, membership_id: membership } = item.row;
      const fields = { created_date, sent_date, owner: natural(item.row), membership };
      return { model: 'organizations.invitation', pk: key, fields };
    }
    case 'profile': {
      const { pk, user_id, user_name, ...fields } = item.row;
      return { model: 'engine.profile', pk, fields: { user: natural({ user_id, user_name }), ...fields } };
    }
  }
}

const userFields = ({ pk: _pk, groups, ...fields }: Rows['user']) => ({
  ...fields,
  groups: groups.map(({ name }) => [name]),
  user_permissions: [],
});
