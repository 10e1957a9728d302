import { decodeDjangoData } from '../../authentication/sessions/django-data.js';
import { describeNetworkFailure } from '../../kernel/network-failure.js';
import type { ServiceTrial } from '../../kernel/service-trial.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { listNewestSessions } from './django-repository.js';

/** Sessions that are looked at. Some may be damaged, or older than the key. */
const SAMPLE = 20;

/** Looks whether the sessions in Django's table are signed with this key. It changes nothing; never throws. */
export async function trySharedSessions(db: Queryable, secretKey: string): Promise<ServiceTrial> {
  try {
    const rows = await listNewestSessions(db, SAMPLE);
    if (rows.length === 0)
      return {
        ok: true,
        detail: 'shared with CVAT: there are none yet, so nobody can say if SECRET_KEY is right.',
      };
    return rows.some(({ data }) => decodeDjangoData(data, secretKey) !== undefined)
      ? { ok: true, detail: 'shared with CVAT: SECRET_KEY has signed the sessions that are there.' }
      : {
          ok: false,
          detail:
            'SESSION_STORE is django, and SECRET_KEY is another one than that of CVAT, which signed the sessions in django_session: take the one of CVAT.',
        };
  } catch (error) {
    return {
      ok: false,
      detail: `The sessions of CVAT in the table django_session can't be read: ${describeNetworkFailure(error)}.`,
    };
  }
}
