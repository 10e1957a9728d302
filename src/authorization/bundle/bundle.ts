import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { dateOf } from '../../kernel/clock.js';
import { StartError } from '../../kernel/start-error.js';
import { type RuleFile, readRules, revisionOf } from './sources.js';

/** What OPA pulls from `GET /api/auth/rules`. */
export interface Bundle {
  /** A tar, gzipped: `rules/<file>.rego`, as CVAT lays it out, without a manifest. */
  readonly bytes: Buffer;
  /** `"<128 hex of BLAKE2b-512 of the bytes>"`, with its quotes. */
  readonly etag: string;
  /** What `data.bundle_revision.revision` answers in an OPA that has loaded this bundle. */
  readonly revision: string;
}

/**
 * Packs the rules. The same rules give the same bytes in every process, so that OPA pulls them once however
 * often this server starts and however many of it answer (CVAT's ETag changes with each start).
 *
 * @throws StartError as `readRules`, and when a rule has the name of the one that is added
 */
export async function createBundle(directories: readonly string[]): Promise<Bundle> {
  const rules = await readRules(directories);
  const taken = rules.some(({ name }) => name === REVISION_FILE);
  if (taken) throw new StartError(`Rename ${REVISION_FILE}: a bundle has its own.`);
  const revision = revisionOf(rules);
  const bytes = gzipSync(await tar([...rules, revisionFile(revision)]), { level: 9 });
  return { bytes, revision, etag: `"${createHash('blake2b512').update(bytes).digest('hex')}"` };
}

const REVISION_FILE = 'bundle_revision.rego';

/** A rule that names the others: OPA has no other way to say which bundle without a manifest it holds. */
const revisionFile = (revision: string): RuleFile => ({
  name: REVISION_FILE,
  text: `package bundle_revision\n\nrevision := "${revision}"\n`,
});

const EPOCH = dateOf({ now: () => 0 });

async function tar(files: readonly RuleFile[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, text } of files.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    archive.entry({ name: `rules/${name}`, mode: 0o644, uid: 0, gid: 0, mtime: EPOCH }, text);
  }
  archive.finalize();
  return buffer(archive);
}
