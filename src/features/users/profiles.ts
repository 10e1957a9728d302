import type { Account } from '../../kernel/account.js';
import type { CvatRelease } from '../../kernel/cvat-release.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { type Profile, readProfiles, storeSurvey } from './profile-repository.js';
import { SURVEY_FIELDS, type Survey, type SurveyChanges } from './survey.js';

/** The fields that newer releases of CVAT add to an account that is shown in full, in their order. */
export type ProfileFields = Partial<Survey> & {
  readonly email_verified?: boolean | null;
  readonly created_via?: Profile['createdVia'];
};
/** @returns nothing for an account that nobody asked for */
export type ProfileFieldsOf = (account: Pick<Account, 'id'>) => ProfileFields;

const NONE: ProfileFieldsOf = () => ({});

export interface ProfilesDeps {
  readonly db: Database;
  readonly release: CvatRelease;
}

/** What newer releases of CVAT know of accounts; nothing, and without a statement, in older ones. */
export function createProfiles({ db, release: { has } }: ProfilesDeps) {
  /** @param accounts those that the viewer sees in full */
  const profilesOf = async (
    viewer: Pick<Account, 'id'>,
    accounts: readonly Pick<Account, 'id'>[],
  ): Promise<ProfileFieldsOf> => {
    if (!has('showsOrigin') || accounts.length === 0) return NONE;
    const ids = accounts.map(({ id }) => id);
    const profiles = new Map((await readProfiles(db, ids)).map((profile) => [profile.userId, profile]));
    return ({ id }) => {
      const profile = profiles.get(id);
      return profile === undefined ? {} : present(profile, id === viewer.id);
    };
  };

  const present = ({ survey, isEmailVerified, createdVia }: Profile, isOwn: boolean): ProfileFields => ({
    ...(has('hasSurvey') && isOwn ? survey : {}),
    ...(has('showsVerification') ? { email_verified: isEmailVerified } : {}),
    created_via: createdVia,
  });

  /** Stores the answers that `changes` has; the others stay as they are. Lock the account first. */
  const changeSurvey = async (tx: Queryable, userId: number, changes: SurveyChanges): Promise<void> => {
    const given = Object.fromEntries(
      SURVEY_FIELDS.filter((field) => changes[field] !== undefined).map((field) => [field, changes[field]]),
    );
    if (Object.keys(given).length === 0) return;
    const [profile] = await readProfiles(tx, [userId]);
    if (profile !== undefined) await storeSurvey(tx, userId, { ...profile.survey, ...given });
  };

  return { profilesOf, changeSurvey };
}

export type Profiles = ReturnType<typeof createProfiles>;
