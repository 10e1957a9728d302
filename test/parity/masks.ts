/** What differs between two runs that are the same: moments, random values, the address. Applied to both sides. */

export interface MaskContext {
  /** Host and port that were asked. */
  readonly host: string;
  /** What earlier steps of the case took from their answers, by name. */
  readonly captured: ReadonlyMap<string, string>;
}

/** A shorter value, an id for example, is too likely to stand for something else. */
const LONGEST_PLAIN_CAPTURE = 6;
/** When the answers were recorded; theirs are masked already, and a request may name a moment of that year. */
const YEAR_OF_RECORDING = 2026;
const DAY = 24 * 60 * 60 * 1000;

const TIMESTAMP = /"(\d{4})-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"/g;
const DRF_KEY = /"key":"[0-9a-f]{40}"/g;
const LONG_KEY = /(?<![A-Za-z0-9])[A-Za-z0-9]{64}(?![A-Za-z0-9])/g;
const ACCESS_TOKEN = /"value":"[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}"/g;
/** Up to the end of the JSON text it stands in: the words are those of Python's parser. */
const PARSER_WORDS = /(JSON parse error - |can't parse filter expression: )(?:[^"\\]|\\.)*/g;
const SECONDS = /(Expected available in )\d+( second)/g;

export interface Masks {
  /** @returns a body, with names for what no two runs have in common */
  readonly body: (text: string, context: MaskContext) => string;
  /** @returns the values of a header, likewise; those of `set-cookie` sorted */
  readonly header: (name: string, values: readonly string[], context: MaskContext) => readonly string[];
}

/** @param world SQL of the data that every case starts from: moments and keys in it are known, and stay */
export function createMasks(world: string): Masks {
  const known = new Set([...momentsOf(world), ...(world.match(LONG_KEY) ?? [])]);

  const maskTimestamp = (text: string, year: string, fraction: string | undefined): string =>
    known.has(text.slice(1, -1)) || !isOfTheRun(text.slice(1, -1), Number(year))
      ? text
      : fraction === undefined
        ? '"<now0>"'
        : '"<now>"';

  const body = (text: string, { host, captured }: MaskContext): string =>
    withoutCaptured(text.replaceAll(host, 'HOST'), captured)
      .replace(TIMESTAMP, maskTimestamp)
      .replace(DRF_KEY, '"key":"<dkey>"')
      .replace(LONG_KEY, (key) => (known.has(key) ? key : '<k64>'))
      .replace(ACCESS_TOKEN, '"value":"<pat>"')
      .replace(PARSER_WORDS, '$1<x>')
      .replace(SECONDS, '$1N$2');

  return {
    body,
    header: (name, values, context) => {
      if (name === 'set-cookie') return values.map(maskCookie).filter(isCompared).sort();
      if (name === 'retry-after') return values.map(() => 'N');
      return values.map((value) => withoutCaptured(value.replaceAll(context.host, 'HOST'), context.captured));
    },
  };
}

/** @returns `name=<length of the value>` and the attributes; what is masked already stays */
export function maskCookie(line: string): string {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
  const at = pair.indexOf('=');
  const name = pair.slice(0, at);
  const lower = attributes.map((attribute) => attribute.toLowerCase().replace(/^expires=.*/, 'expires=<x>'));
  return [`${name}=${maskCookieValue(name, pair.slice(at + 1))}`, ...lower.sort()].join('; ');
}

function maskCookieValue(name: string, value: string): string {
  if (value === '' || value === '""') return '""';
  return name === 'sessionfresh' || /^<\d+>$/.test(value) ? value : `<${value.length}>`;
}

/** Texts for the pages of CVAT, which are not part of this server. */
const isCompared = (cookie: string): boolean => !cookie.startsWith('messages=');

const isOfTheRun = (moment: string, year: number): boolean =>
  year === YEAR_OF_RECORDING || Math.abs(Date.parse(moment) - Date.now()) < DAY;

function withoutCaptured(text: string, captured: ReadonlyMap<string, string>): string {
  let masked = text;
  for (const [name, value] of captured)
    if (value.length > LONGEST_PLAIN_CAPTURE) masked = masked.replaceAll(value, `<${name}>`);
  return masked;
}

/** @returns the moments in SQL, as Django writes them in JSON: six digits of a second, or none */
function momentsOf(world: string): string[] {
  const moments = world.matchAll(/'(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?\+00'/g);
  return [...moments].map(([, day, time, fraction]) =>
    fraction === undefined ? `${day}T${time}Z` : `${day}T${time}.${fraction.padEnd(6, '0')}Z`,
  );
}
