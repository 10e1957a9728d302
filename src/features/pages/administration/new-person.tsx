import { z } from 'zod';
import { Form } from '../forms.js';
import { filled, redirect, type Visit } from '../page.js';
import { PATHS, withQuery } from '../paths.js';
import type { PageSettings } from '../settings.js';
import { Card, Lead } from '../shell.js';
import { nameFields, rightsFields } from './account.js';
import { forSuperusers } from './superuser.js';

const Created = z.object({ id: z.number() });

/** Creating an account for another person. */
export const newPersonPage = (settings: PageSettings) =>
  forSuperusers({
    path: PATHS.newPerson,
    show: async (visit, person, draft) => {
      const { administration, common, signingIn } = visit.texts;
      return {
        kind: 'view',
        title: administration.newAccount,
        person,
        main: (
          <>
            <Lead title={administration.newAccount}>{administration.newAccountIntro}</Lead>
            <Card title={administration.details}>
              <Form
                visit={visit}
                action="create"
                label={administration.create}
                draft={draft}
                fields={[
                  ...nameFields(visit),
                  {
                    name: 'password',
                    label: signingIn.password,
                    hint: administration.passwordHint(settings.minimumPassword),
                    type: 'password',
                    autocomplete: 'new-password',
                    isOptional: true,
                  },
                  ...(settings.usesDirectory
                    ? []
                    : [
                        {
                          name: 'send_password_mail',
                          label: administration.sendMail,
                          hint: administration.sendMailHint,
                          type: 'checkbox' as const,
                          isOptional: true,
                        },
                      ]),
                  ...rightsFields(visit),
                ]}
                beside={<a href={PATHS.people}>{common.cancel}</a>}
              />
            </Card>
          </>
        ),
      };
    },
    actions: {
      create: async (visit) => {
        const { id } = await visit.call('users_create', Created, { body: bodyOf(visit) });
        return redirect(withQuery(`${PATHS.people}/${id}`, { done: 'created' }));
      },
    },
  });

/** Without groups, the account gets those that the server gives to new ones. */
function bodyOf({ form }: Visit): Record<string, unknown> {
  const flags = ['send_password_mail', 'is_staff', 'is_superuser'].filter(
    (name) => form.get(name) === 'true',
  );
  const groups = form.getAll('groups');
  return {
    username: form.get('username') ?? '',
    ...filled(form, ['email', 'first_name', 'last_name', 'password']),
    ...Object.fromEntries(flags.map((name) => [name, true])),
    ...(groups.length === 0 ? {} : { groups }),
  };
}
