import type { ProviderSettings } from '../../platform/config/auth-config.js';

/** Icons of our own for buttons, as paths of SVG on 24 by 24 units: providers forbid altered logos. */
const PATHS = {
  google: 'M20 12h-8m8 0a8 8 0 1 1-2.5-5.8',
  github: 'm8 8-4 4 4 4m8-8 4 4-4 4M14 5l-4 14',
  'amazon-cognito': 'M12 3 4 7v6c0 4 3.5 7 8 8 4.5-1 8-4 8-8V7Zm-3 9 2 2 4-4',
} as const;
const KEY = 'M13 8A5 5 0 1 1 3 8a5 5 0 0 1 10 0Zm-1.5 3.5L21 21m-4-4 3-3';

const SOCIAL: ReadonlyMap<string, string> = new Map(Object.entries(PATHS));

/** @returns the path of the icon of a provider: those of single sign-on share a key */
export const iconPath = ({ id, family }: Pick<ProviderSettings, 'id' | 'family'>): string =>
  (family === 'social' ? SOCIAL.get(id) : undefined) ?? KEY;

const icon = (path: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="${path}"/></svg>`;

/** The icons as documents, in the colour of the text. */
export const ICONS = {
  google: icon(PATHS.google),
  github: icon(PATHS.github),
  'amazon-cognito': icon(PATHS['amazon-cognito']),
} as const;
