import { NotAcceptable, NotFound } from '../../kernel/errors.js';

/** The format of a response: its media type and the number of spaces for indentation (0 is compact). */
export interface Representation {
  readonly mediaType: string;
  readonly indent: number;
}

export const CVAT_MEDIA_TYPE = 'application/vnd.cvat+json';
const PLAIN_JSON = 'application/json';
/** CVAT's `ALLOWED_VERSIONS` is a string, so every substring of it is accepted (`2`, `.0`, ...). */
const ALLOWED_VERSIONS = '2.0';

export const DEFAULT_REPRESENTATION: Representation = { mediaType: CVAT_MEDIA_TYPE, indent: 0 };

interface MediaRange {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * DRF's `DefaultContentNegotiation` and `AcceptHeaderVersioning` for CVAT's JSON renderer: q-values are ignored, the
 * most specific media range wins, and the version is a parameter of the range that matched. A bare `Accept:
 * application/json` is answered with that type (deviation 6).
 *
 * @param accept the Accept header, or undefined if there is none
 * @param scheme the `?scheme=` override (`URL_FORMAT_OVERRIDE`), or null
 * @throws NotAcceptable 406 if nothing matches or the version is unknown
 * @throws NotFound 404 for an unknown `?scheme=`
 */
export function negotiate(accept: string | undefined, scheme: string | undefined): Representation {
  if (scheme !== undefined && scheme !== '' && scheme !== 'json') throw new NotFound();
  if (accept === undefined || accept === '*/*' || accept === CVAT_MEDIA_TYPE) return DEFAULT_REPRESENTATION;
  const ranges = accept.split(',').map(parseRange);
  for (const mediaType of [CVAT_MEDIA_TYPE, PLAIN_JSON]) {
    const match = mostSpecific(ranges, mediaType);
    if (match === undefined) continue;
    const version = match.parameters.get('version');
    if (version !== undefined && !ALLOWED_VERSIONS.includes(version)) {
      throw new NotAcceptable('Invalid version in "Accept" header.');
    }
    return { mediaType, indent: indentOf(match) };
  }
  throw new NotAcceptable();
}

function parseRange(text: string): MediaRange {
  const [range = '', ...rest] = text.split(';');
  const [type = '', subtype = ''] = range.trim().toLowerCase().split('/', 2);
  const parameters = new Map<string, string>();
  for (const item of rest) {
    const at = item.indexOf('=');
    if (at > 0)
      parameters.set(
        item.slice(0, at).trim().toLowerCase(),
        item
          .slice(at + 1)
          .trim()
          .replace(/^"(.*)"$/, '$1'),
      );
  }
  return { type, subtype, parameters };
}

function mostSpecific(ranges: readonly MediaRange[], mediaType: string): MediaRange | undefined {
  const [type, subtype] = mediaType.split('/');
  const matching = ranges.filter(
    (range) =>
      (range.type === type || range.type === '*') && (range.subtype === subtype || range.subtype === '*'),
  );
  return matching.reduce<MediaRange | undefined>(
    (best, range) => (best === undefined || specificity(range) > specificity(best) ? range : best),
    undefined,
  );
}

/** DRF `_MediaType.precedence`: parameters other than q alone, then subtype, then type. */
function specificity({ type, subtype, parameters }: MediaRange): number {
  if (type === '*') return 0;
  if (subtype === '*') return 1;
  return parameters.size === 0 || (parameters.size === 1 && parameters.has('q')) ? 2 : 3;
}

function indentOf({ parameters }: MediaRange): number {
  const indent = Number(parameters.get('indent') ?? 0);
  return Number.isInteger(indent) ? Math.min(Math.max(indent, 0), 8) : 0;
}
