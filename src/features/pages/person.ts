import { z } from 'zod';
import { ApiError, EnrolmentNeeded } from '../../kernel/errors.js';
import type { Person, Visit } from './page.js';

/** What the pages read of `GET /api/users/self`. */
const Self = z.object({
  id: z.number(),
  username: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  email: z.string(),
  groups: z.array(z.string()),
  is_superuser: z.boolean(),
  date_joined: z.string(),
  last_login: z.string().nullable(),
});

export type Self = z.output<typeof Self> & { readonly person: Person };

/** @returns the account of the person. @throws NotAuthenticated without a session */
export async function selfOf(visit: Visit): Promise<Self> {
  const self = await visit.call('users_retrieve_self', Self);
  return { ...self, person: { id: self.id, username: self.username, isSuperuser: self.is_superuser } };
}

/** @returns the person; 'enrolling' for one who can do nothing but set up a second factor, 'nobody' without a session */
export async function standingOf(visit: Visit): Promise<Person | 'enrolling' | 'nobody'> {
  try {
    return (await personOf(visit)) ?? 'nobody';
  } catch (error) {
    if (error instanceof EnrolmentNeeded) return 'enrolling';
    throw error;
  }
}

/** @returns the person, or undefined without a session. @throws EnrolmentNeeded */
export async function personOf(visit: Visit): Promise<Person | undefined> {
  try {
    return (await selfOf(visit)).person;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return undefined;
    throw error;
  }
}
