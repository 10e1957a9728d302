import type { Config } from '../platform/config/settings.js';

/** Django's name for a site that nobody has named. */
const PLACEHOLDER = 'example.com';

/**
 * @param stored the name in the table django_site, if there is one
 * @returns the name of the site in mails
 */
export function siteNameOf({ SITE_NAME, PUBLIC_URL }: Config, stored: string | undefined): string {
  const named = stored === PLACEHOLDER ? undefined : stored;
  return SITE_NAME ?? named ?? new URL(PUBLIC_URL).hostname;
}
