import type { Rate } from './fields.js';
import { type Config, Settings } from './settings.js';

/** A setting as administrators may see it. */
export interface ShownSetting {
  readonly name: string;
  /** Null if it is not set; `set` in place of a secret. */
  readonly value: string | null;
}

const SET = 'set';
/** Whatever they hold is never shown. */
const SECRET_NAMES = /SECRET|PASSWORD|TOKEN/;

/** @returns every setting in force, in the order of `.env.example`, without secrets */
export const shownSettings = (config: Config): readonly ShownSetting[] =>
  Object.keys(Settings.shape).map((name) => ({
    name,
    value: shownValue(name, config[name as keyof Config]),
  }));

function shownValue(name: string, value: Config[keyof Config]): string | null {
  if (value === undefined || value === null) return null;
  if (SECRET_NAMES.test(name)) return SET;
  if (Array.isArray(value)) return value.map((item) => withoutLogin(String(item))).join(', ');
  return typeof value === 'object' ? rateText(value as Rate) : withoutLogin(String(value));
}

const PERIODS: Readonly<Record<number, string>> = { 1: 'second', 60: 'minute', 3600: 'hour', 86400: 'day' };

const rateText = ({ limit, periodSeconds }: Rate): string =>
  `${limit}/${PERIODS[periodSeconds] ?? `${periodSeconds} seconds`}`;

/**
 * Parts of a URL are shown if there is no doubt where its login ends: with one `@`, before any `?` or `#`. Parameters
 * are left out, because PostgreSQL takes a password there too.
 */
function withoutLogin(text: string): string {
  if (!text.includes('://')) return text;
  const [, scheme, , place, parameters] =
    /^([a-z][a-z0-9+.-]*:\/\/)(?:([^@?#]*)@)?([^@?#]*)([?#][^@]*)?$/i.exec(text) ?? [];
  if (scheme === undefined || place === undefined) return SET;
  const login = text.includes('@') ? `${SET}@` : '';
  return `${scheme}${login}${place}${parameters === undefined ? '' : `?${SET}`}`;
}
