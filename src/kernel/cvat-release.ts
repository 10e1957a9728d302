/** The release of CVAT that this server replicates unless a setting says otherwise. */
export const DEFAULT_CVAT_VERSION = '2.62.0';

/** The minor versions of CVAT 2 that this server knows. */
const [OLDEST, NEWEST] = [62, 80];

/** Since which minor version of CVAT 2 its API does something. */
const SINCE = {
  /** Serializers count the characters of new passwords: other sentences for those of a wrong length. */
  countsPasswordCharacters: 63,
  /** Lists filter by `read_only`, `user_id` and `accepted`, and invitations show `accepted`. */
  filtersByState: 65,
  /** What exists and is none of the viewer's business is a 403, not a 404. */
  forbidsStrangers: 65,
  /** Addresses are stored in lower case. */
  lowersAddresses: 70,
  /** Invitations cannot be changed any more, and are accepted in one way only. */
  fixesInvitations: 70,
  /** Addresses of invited people too. */
  lowersInvitedAddresses: 73,
  /** `/api/growth`. */
  hasGrowth: 74,
  /** `created_via` of accounts. */
  showsOrigin: 75,
  /** `email_verified` of accounts. */
  showsVerification: 76,
  /** Five answers of a survey about the person. */
  hasSurvey: 79,
} as const;

/** Something in which releases of CVAT differ. */
export type CvatTrait = keyof typeof SINCE;

/** A release of CVAT, by what its API does. */
export interface CvatRelease {
  /** Such as `2.62.0`. */
  readonly version: string;
  readonly has: (trait: CvatTrait) => boolean;
}

const VERSION = /^2\.(\d{2})\.\d{1,3}$/;

const minorOf = (version: string): number => Number(VERSION.exec(version)?.[1]);

/** The problem with a version that this server does not know, or undefined. */
export const versionProblem = (version: string): string | undefined =>
  minorOf(version) >= OLDEST && minorOf(version) <= NEWEST
    ? undefined
    : `it must be a release of CVAT from 2.${OLDEST}.0 to 2.${NEWEST}, such as ${DEFAULT_CVAT_VERSION}`;

/** @param version one without a {@link versionProblem} */
export function cvatReleaseOf(version: string): CvatRelease {
  const minor = minorOf(version);
  return { version, has: (trait) => minor >= SINCE[trait] };
}

/** @returns an address as accounts of that release have it. allauth 65 stores them in lower case */
export const storedAddress = (email: string, { has }: CvatRelease): string =>
  has('lowersAddresses') ? email.toLowerCase() : email;
