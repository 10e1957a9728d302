import type { VNode } from 'preact';
import { z } from 'zod';
import type { Visit } from '../page.js';
import { PATHS } from '../paths.js';
import { Done, Moment, Pager } from '../pieces.js';
import { Lead } from '../shell.js';
import { Account, IN_FULL } from './account.js';
import { SearchForm } from './search-form.js';
import { forSuperusers } from './superuser.js';

const People = z.object({ count: z.number(), results: z.array(Account) });
const PAGE_SIZE = 25;

/** What each choice of the list asks the API for. */
const SHOWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  active: { is_active: 'true' },
  waiting: { waits_for_approval: 'true' },
  inactive: { is_active: 'false' },
  administrators: { is_superuser: 'true' },
};
const SORTS = ['-id', 'username', 'last_name'] as const;

/** All accounts of the server. */
export const peoplePage = forSuperusers({
  path: PATHS.people,
  show: async (visit, person) => {
    const { query, texts } = visit;
    const { administration } = texts;
    const people = await visit.call('users_list', People, {
      query: {
        ...IN_FULL,
        ...SHOWN[query.get('show') ?? ''],
        search_email: 'true',
        search: query.get('search') ?? '',
        sort: SORTS.find((sort) => sort === query.get('sort')) ?? '-id',
        page: query.get('page') ?? '1',
        page_size: String(PAGE_SIZE),
      },
    });
    return {
      kind: 'view',
      title: administration.people,
      person,
      main: (
        <>
          <div class="head">
            <Lead title={administration.people}>{administration.peopleIntro}</Lead>
            <a class="button" href={PATHS.newPerson}>
              {administration.newAccount}
            </a>
          </div>
          {query.get('done') === 'deleted' && <Done>{administration.accountDeleted}</Done>}
          <section class="card">
            <Search visit={visit} />
            <p class="quiet small" role="status">
              {administration.accounts(people.count)}
            </p>
            {people.count === 0 ? (
              <p>{administration.nothingFound}</p>
            ) : (
              <Rows visit={visit} people={people} />
            )}
            <Pager
              visit={visit}
              page={Number(query.get('page') ?? 1)}
              last={Math.ceil(people.count / PAGE_SIZE)}
            />
          </section>
        </>
      ),
    };
  },
});

function Search({ visit }: { readonly visit: Visit }): VNode {
  const { administration: texts } = visit.texts;
  return (
    <SearchForm
      visit={visit}
      hint={texts.peopleSearchHint}
      lists={[
        {
          name: 'show',
          label: texts.show,
          options: [
            ['', texts.showAll],
            ['active', texts.showActive],
            ['waiting', texts.showWaiting],
            ['inactive', texts.showInactive],
            ['administrators', texts.showAdministrators],
          ],
        },
        {
          name: 'sort',
          label: texts.sort,
          options: [
            ['-id', texts.sortNewest],
            ['username', texts.sortUsername],
            ['last_name', texts.sortLastName],
          ],
        },
      ]}
    />
  );
}

const Rows = ({
  visit,
  people,
}: {
  readonly visit: Visit;
  readonly people: z.output<typeof People>;
}): VNode => (
  <ul class="rows">
    {people.results.map((account) => (
      <li key={account.id}>
        <div class="what">
          <span>
            <a href={`${PATHS.people}/${account.id}`}>
              <strong>{account.username}</strong>
            </a>{' '}
            {`${account.first_name} ${account.last_name}`.trim()} <Badges visit={visit} account={account} />
          </span>
          <span class="quiet small">
            {account.email !== '' && `${account.email} · `}
            {`${visit.texts.account.lastSignIn}: `}
            {account.last_login === null ? (
              visit.texts.common.never
            ) : (
              <Moment at={account.last_login} visit={visit} />
            )}
          </span>
        </div>
      </li>
    ))}
  </ul>
);

const stateOf = ({ texts: { administration } }: Visit, { waits_for_approval: waits }: Account): string =>
  waits ? administration.waiting : administration.inactive;

/** What an account is, in a word each. */
export const Badges = ({ visit, account }: { readonly visit: Visit; readonly account: Account }): VNode => (
  <>
    {!account.is_active && <span class="badge bad">{stateOf(visit, account)}</span>}{' '}
    {account.is_superuser && <span class="badge">{visit.texts.administration.superuser}</span>}{' '}
    {account.groups.map((group) => (
      <span class="badge calm" key={group}>
        {group}
      </span>
    ))}
  </>
);
