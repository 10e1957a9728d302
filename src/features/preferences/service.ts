import type { Database } from '../../platform/db/pool.js';
import type { Language } from '../../platform/html/language.js';
import { findLanguage, storeLanguage } from './repository.js';

/** What people choose for their own account. */
export const createPreferencesService = ({ db }: { readonly db: Database }) => ({
  languageOf: (userId: number): Promise<string | undefined> => findLanguage(db, userId),
  chooseLanguage: async (userId: number, language: Language): Promise<void> => {
    await storeLanguage(db, userId, language);
  },
});

export type PreferencesService = ReturnType<typeof createPreferencesService>;
