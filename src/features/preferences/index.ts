import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { DEFAULT_LANGUAGE, type Language, languageOf } from '../../platform/html/language.js';
import { findLanguageOfAddress } from './repository.js';
import { preferenceRoutes } from './routes.js';
import { createPreferencesService } from './service.js';

export { storeLanguage } from './repository.js';

/** What people choose for their own account: the language of mails and pages. */
export const createPreferences = (deps: { readonly db: Database }) =>
  preferenceRoutes(createPreferencesService(deps));

/** @returns the language for mails to an address; a language that this release does not know counts as none */
export const mailLanguage = async (db: Queryable, email: string): Promise<Language> =>
  languageOf(await findLanguageOfAddress(db, email)) ?? DEFAULT_LANGUAGE;
