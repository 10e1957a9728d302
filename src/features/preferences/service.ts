import type { Database } from '../../platform/db/pool.js';
import type { Language } from '../../platform/html/language.js';
import { noMatch } from '../../platform/http/objects.js';
import { findLanguage, storeLanguage } from './repository.js';

/** What people choose for their own account. */
export const createPreferencesService = ({ db }: { readonly db: Database }) => ({
  languageOf: (userId: number): Promise<string | undefined> => findLanguage(db, userId),
  /** @throws NotFound if the account was removed meanwhile */
  chooseLanguage: async (userId: number, language: Language): Promise<void> => {
    if (!(await storeLanguage(db, userId, language))) throw noMatch('User');
  },
});

export type PreferencesService = ReturnType<typeof createPreferencesService>;
