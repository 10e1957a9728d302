import { PermissionDenied } from '../../../kernel/errors.js';
import type { Draft, Page, PageAnswer, Person, Visit } from '../page.js';
import { selfOf } from '../person.js';

/** A page that shows what only superusers see. */
export interface SuperuserPage {
  readonly path: Page['path'];
  readonly show: (visit: Visit, person: Person, draft?: Draft) => Promise<PageAnswer>;
  readonly actions?: Readonly<Record<string, (visit: Visit, person: Person) => Promise<PageAnswer>>>;
}

/**
 * The API decides what each call may do. Here a person is led away from pages that would be empty for them: its lists
 * answer everybody, with what each may see.
 *
 * @returns the page, which answers 403 to everybody else, as the API does
 */
export function forSuperusers({ path, show, actions = {} }: SuperuserPage): Page {
  return {
    path,
    show: async (visit, draft) => show(visit, await superuserOf(visit), draft),
    actions: Object.fromEntries(
      Object.entries(actions).map(([name, action]) => [
        name,
        async (visit: Visit) => action(visit, await superuserOf(visit)),
      ]),
    ),
  };
}

async function superuserOf(visit: Visit): Promise<Person> {
  const { person } = await selfOf(visit);
  if (!person.isSuperuser) throw new PermissionDenied();
  return person;
}
