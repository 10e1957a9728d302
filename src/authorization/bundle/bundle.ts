import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { dateOf } from '../../kernel/clock.js';
import { StartError } from '../../kernel/start-error.js';
import { findPlugins, type PackagedFile, packagedFile, pluginsFile } from './plugins.js';
import { type RuleFile, readRules, revisionOf, sortRules } from './sources.js';

/** The bundle that OPA pulls from `GET /api/auth/rules`. */
export interface Bundle {
  /** A gzipped tar archive: `rules/<file>.rego`, laid out as in CVAT, without a manifest. */
  readonly bytes: Buffer;
  /** `"<128 hex of BLAKE2b-512 of the bytes>"`, including the quotes. */
  readonly etag: string;
  /** The answer to `data.bundle_revision.revision` in an OPA that has loaded this bundle. */
  readonly revision: string;
  /** The operator's files in the bundle. */
  readonly custom: readonly RuleFile[];
}

/**
 * Packs the rules. The same rules give the same bytes in every process, so OPA pulls them only once, across restarts
 * and replicas (CVAT's ETag changes with each start).
 *
 * @param shipped directories of the rules shipped with the server
 * @param custom directories of the operator's rules, which may add packages but not change the shipped ones
 * @throws StartError as `readRules` and `findPlugins`, and for a file with a name or a package that is already taken
 */
export async function createBundle(
  shipped: readonly string[],
  custom: readonly string[] = [],
): Promise<Bundle> {
  const own = await readRules(shipped);
  const added = await readRules(custom);
  refuseShipped(added, own);
  const rules = sortRules([...own, ...added]);
  if (rules.length === 0) throw new StartError(`There are no rules in ${shipped.join(', ')}.`);
  const revision = revisionOf(rules);
  const generated = [pluginsFile(findPlugins(rules.map(packagedFile))), revisionFile(revision)];
  refuseNames(rules, generated);
  refusePackages(added.map(packagedFile), [...own, ...generated].map(packagedFile));
  const bytes = gzipSync(await tar([...rules, ...generated]), { level: 9 });
  return {
    bytes,
    revision,
    etag: `"${createHash('blake2b512').update(bytes).digest('hex')}"`,
    custom: added,
  };
}

/** A rule that identifies the others: without a manifest, OPA has no other way to tell which bundle it holds. */
const revisionFile = (revision: string): RuleFile => ({
  name: 'bundle_revision.rego',
  text: `package bundle_revision\n\nrevision := "${revision}"\n`,
});

function refuseShipped(added: readonly RuleFile[], own: readonly RuleFile[]): void {
  const twin = added.find(({ name }) => own.some((file) => file.name === name));
  if (twin !== undefined)
    throw new StartError(
      `RULES_DIR has a file ${twin.name}, and the server ships one of this name: rename yours.`,
    );
}

function refuseNames(rules: readonly RuleFile[], generated: readonly RuleFile[]): void {
  const taken = rules.find(({ name }) => generated.some((file) => file.name === name));
  if (taken !== undefined)
    throw new StartError(`Rename ${taken.name}: the bundle already has a file of this name.`);
}

/** Files of one package are merged, so a rule in `package users` could allow what the shipped rules refuse. */
function refusePackages(added: readonly PackagedFile[], fixed: readonly PackagedFile[]): void {
  for (const file of added) {
    const shipped = fixed.find(
      (one) => isWithin(file.package, one.package) || isWithin(one.package, file.package),
    );
    if (shipped === undefined) continue;
    throw new StartError(
      `${file.name} has the package ${file.package}, which would change the shipped ${shipped.name}. Give it a package of its own.`,
    );
  }
}

const isWithin = (inner: string, outer: string): boolean => `${inner}.`.startsWith(`${outer}.`);

const EPOCH = dateOf({ now: () => 0 });

async function tar(files: readonly RuleFile[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, text } of files.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    archive.entry({ name: `rules/${name}`, mode: 0o644, uid: 0, gid: 0, mtime: EPOCH }, text);
  }
  archive.finalize();
  return buffer(archive);
}
