import type { VNode } from 'preact';
import type { Visit } from '../page.js';

export interface SearchFormProps {
  readonly visit: Visit;
  /** What the text is looked for in. */
  readonly hint: string;
  readonly lists: readonly {
    readonly name: string;
    readonly label: string;
    readonly options: readonly (readonly [value: string, label: string])[];
  }[];
}

/** Searches and filters a list: the address of the page has what was asked for, so it can be kept and sent. */
export const SearchForm = ({ visit, hint, lists }: SearchFormProps): VNode => (
  <search>
    <form method="get" class="search">
      <div class="field">
        <label for="search">{visit.texts.administration.search}</label>
        <input
          type="search"
          id="search"
          name="search"
          value={visit.query.get('search') ?? ''}
          autocomplete="off"
          aria-describedby="search-hint"
        />
      </div>
      {lists.map(({ name, label, options }) => (
        <div class="field" key={name}>
          <label for={name}>{label}</label>
          <select id={name} name={name}>
            {options.map(([value, text]) => (
              <option key={value} value={value} selected={visit.query.get(name) === value}>
                {text}
              </option>
            ))}
          </select>
        </div>
      ))}
      <button type="submit" class="second">
        {visit.texts.administration.searchAction}
      </button>
      <span class="hint" id="search-hint">
        {hint}
      </span>
    </form>
  </search>
);
