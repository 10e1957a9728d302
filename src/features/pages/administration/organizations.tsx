import type { VNode } from 'preact';
import { z } from 'zod';
import type { Visit } from '../page.js';
import { organizationPath, PATHS } from '../paths.js';
import { Moment, Pager } from '../pieces.js';
import { Lead } from '../shell.js';
import { SearchForm } from './search-form.js';
import { forSuperusers } from './superuser.js';

const Organization = z.object({
  id: z.number(),
  slug: z.string(),
  name: z.string(),
  created_date: z.string(),
  owner: z.object({ username: z.string() }).nullable(),
});
const Organizations = z.object({ count: z.number(), results: z.array(Organization) });
const PAGE_SIZE = 25;
const SORTS = ['-id', 'slug', 'owner'] as const;

/** All organizations of the server. */
export const allOrganizationsPage = forSuperusers({
  path: PATHS.allOrganizations,
  show: async (visit, person) => {
    const { query, texts } = visit;
    const { administration } = texts;
    const organizations = await visit.call('organizations_list', Organizations, {
      query: {
        search: query.get('search') ?? '',
        sort: SORTS.find((sort) => sort === query.get('sort')) ?? '-id',
        page: query.get('page') ?? '1',
        page_size: String(PAGE_SIZE),
      },
    });
    return {
      kind: 'view',
      title: administration.allOrganizations,
      person,
      main: (
        <>
          <Lead title={administration.allOrganizations}>{administration.allOrganizationsIntro}</Lead>
          <section class="card">
            <Search visit={visit} />
            {organizations.count === 0 && <p role="status">{administration.nothingFound}</p>}
            <ul class="rows">
              {organizations.results.map((organization) => (
                <Row key={organization.id} visit={visit} organization={organization} />
              ))}
            </ul>
            <Pager
              visit={visit}
              page={Number(query.get('page') ?? 1)}
              last={Math.ceil(organizations.count / PAGE_SIZE)}
            />
          </section>
        </>
      ),
    };
  },
});

const Search = ({ visit }: { readonly visit: Visit }): VNode => (
  <SearchForm
    visit={visit}
    hint={visit.texts.administration.organizationsSearchHint}
    lists={[
      {
        name: 'sort',
        label: visit.texts.administration.sort,
        options: [
          ['-id', visit.texts.administration.sortNewest],
          ['slug', visit.texts.organizations.shortName],
          ['owner', visit.texts.organizations.owner],
        ],
      },
    ]}
  />
);

interface RowProps {
  readonly visit: Visit;
  readonly organization: z.output<typeof Organization>;
}

const Row = ({ visit, organization: { slug, name, owner, created_date } }: RowProps): VNode => (
  <li>
    <div class="what">
      <span>
        <a href={organizationPath(slug)}>
          <strong>{slug}</strong>
        </a>{' '}
        {name !== slug && name}
      </span>
      <span class="quiet small">
        {`${visit.texts.organizations.owner}: ${owner?.username ?? visit.texts.administration.nobody} · `}
        <Moment at={created_date} visit={visit} isDay />
      </span>
    </div>
  </li>
);
